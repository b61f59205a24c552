/* SPDX-License-Identifier: MIT */
/*
 * await.h - wait until a changed credential really works, everywhere.
 *
 * The API obeys at once; each host's web front counts anew only every settings_check_interval, and
 * may have to restart. A cluster may be starting, or changing, meanwhile: settings, hosts and
 * certificate are what they are in each round.
 */
#ifndef API_AWAIT_H
#define API_AWAIT_H

#include <stdbool.h>
#include <stdint.h>

#include "api/contact.h"
#include "base/error.h"
#include "pritunl/access.h"
#include "pritunl/server.h"

/* What one round goes by. */
struct await_view {
    const struct access *access;
    const struct server *server;
    const char *certificate; /* what the database holds, or NULL */
};

struct await_case {
    /* url is the base URL that must accept; NULL: the best that the view's server names */
    struct contact_options options;
    bool on_host; /* this machine is a host of the cluster */
    bool server_time;
    int64_t changed_ms;  /* clock_monotonic_ms() of the change */
    int64_t deadline_ms; /* of clock_monotonic_ms() */
    /* before the change nobody had access: a front may turn away from us yet, by an old count */
    bool nobody_before;
    /*
     * look(context, view, error): what the database says now; the view lives until the next look,
     * and is filled on failure as well, by what is known. ERROR_DATABASE: nothing new is known, and
     * that still counts; any other ends the wait.
     */
    bool (*look)(void *context, struct await_view *view, struct error *error);
    void *context;
};

/*
 * await_accepted(what, error)
 *
 * Until the URL accepts the pair on a fresh connection, and every online host that can be reached
 * from here by an address of its own does. Hosts that cannot be reached are named in a warning and
 * do not count; where none can, until five fresh connections in a row were accepted and
 * settings_check_interval + 5 s have passed since the change. One front that is known to be the
 * only one, and a version whose front refuses nobody, are believed at the first acceptance. Says on
 * stderr what it waits for.
 *
 *   ERROR_WAIT   the deadline passed; the text names who did not accept, and why
 *   others       as look says
 */
bool await_accepted(const struct await_case *what, struct error *error);

#endif
