/* SPDX-License-Identifier: MIT */
/*
 * routes.h - what is on a server already, and adding to it in pieces that the web front takes.
 */
#ifndef API_ROUTES_H
#define API_ROUTES_H

#include "api/contact.h"
#include "api/networks.h"
#include "api/verdict.h"

struct routes {
    struct contact *contact; /* judged */
    const struct verify_case *what;
    bool nat;
    const char *comment; /* or NULL */

    char *server;            /* its id; these two are filled by routes_find() */
    char *server_name;       /* printable (text_printable) */
    struct networks refused; /* by Pritunl, each with its words at the same place */
    struct networks reasons;
    size_t wanted; /* how many routes_add() is to add */
};

void routes_clear(struct routes *routes);

/*
 * routes_find(routes, name, error): the server of this id or name. ERROR_USAGE: there is none, or
 * more than one; call_error()'s.
 */
bool routes_find(struct routes *routes, const char *name, struct error *error);

/* routes_there(routes, networks, error): the networks of its routes, sorted. */
bool routes_there(struct routes *routes, struct networks *networks, struct error *error);

/*
 * routes_add(routes, networks, added, error)
 *
 * In bodies under REQUEST_BODY_MAX. One that Pritunl refuses for a network in it is halved until
 * that network is known, which goes to routes->refused. *added counts those that are there now,
 * also after a failure in the middle.
 */
bool routes_add(struct routes *routes, const struct networks *networks, size_t *added,
                struct error *error);

#endif
