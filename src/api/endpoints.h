/* SPDX-License-Identifier: MIT */
/*
 * endpoints.h - where the API may be, by what the database says of settings and hosts.
 */
#ifndef API_ENDPOINTS_H
#define API_ENDPOINTS_H

#include <stdbool.h>
#include <stddef.h>

#include "pritunl/server.h"

/* One place where the API may be. */
struct endpoint {
    char *url; /* base URL, no trailing slash */
    /* "database: acme_domain", "database: public_address of host NAME", "localhost" … */
    char *from;
    const char *host; /* the host's name, or NULL; owned by the server */
    bool shared;      /* another host names it too; set by whoever compares */
};

struct endpoints {
    struct endpoint *items;
    size_t count;
};

/*
 * server_endpoints(server, on_host, endpoints)
 *
 * Where the API may be, best first: acme_domain; every online host's addresses from the public to
 * the local ones; this machine where on_host. Never plain http but on loopback, no address twice,
 * at most ENDPOINTS_MAX; what is no host name or address is left out. endpoints is the caller's, to
 * end with endpoints_clear().
 */
void server_endpoints(const struct server *server, bool on_host, struct endpoints *endpoints);

/*
 * server_host_endpoints(server, host, endpoints): one online host's own addresses alone, best
 * first.
 */
void server_host_endpoints(const struct server *server, const struct host *host,
                           struct endpoints *endpoints);

/*
 * server_is_plain(server): its online hosts speak plain http, so that none of their addresses can
 * be an endpoint: what is before them speaks TLS, and is in no document.
 */
bool server_is_plain(const struct server *server);

/* endpoints_drop_shared(endpoints): take out those that are marked so. */
void endpoints_drop_shared(struct endpoints *endpoints);

void endpoints_clear(struct endpoints *endpoints);

#endif
