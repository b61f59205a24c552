/* SPDX-License-Identifier: MIT */
/*
 * server.h - what the database says of the cluster: its settings, its hosts, and from these where
 * its API is.
 *
 * Not for the credential of anybody (admin.h), nor for reaching the API (contact.h).
 */
#ifndef PRITUNL_SERVER_H
#define PRITUNL_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/db.h"

enum host_address { /* best first */
                    HOST_PUBLIC_ADDRESS,
                    HOST_AUTO_PUBLIC_HOST,
                    HOST_AUTO_PUBLIC_ADDRESS,
                    HOST_PUBLIC_ADDRESS6,
                    HOST_AUTO_PUBLIC_HOST6,
                    HOST_AUTO_PUBLIC_ADDRESS6,
                    HOST_LOCAL_ADDRESS,
                    HOST_AUTO_LOCAL_ADDRESS,
                    HOST_LOCAL_ADDRESS6,
                    HOST_AUTO_LOCAL_ADDRESS6,
                    HOST_HOSTNAME,
                    HOST_ADDRESS_COUNT
};

/* How many addresses of hosts are taken from a database. */
#define ENDPOINTS_MAX 1000

/* The fields' names, for whoever says where an address came from. */
extern const char *const host_address_fields[HOST_ADDRESS_COUNT];

struct host {
    char *id;
    char *name; /* its name, else its hostname, else its id; printable */
    char *version;
    bool online;
    int64_t ping_ms; /* wall clock of its last sign of life, or -1 */
    char *address[HOST_ADDRESS_COUNT];
};

struct server {
    /*
     * the settings document was there; everything below holds Pritunl's defaults where it is silent
     */
    bool known;
    char *certificate; /* server_cert, PEM, or NULL */
    unsigned port;
    bool tls;
    char *acme_domain; /* or NULL */
    bool reverse_proxy;
    int64_t time_window_s;
    bool auditing; /* "all" */
    int64_t check_interval_s;
    bool auto_restart;
    bool licensed;
    char *plan;     /* or NULL */
    char *version;  /* or NULL */
    bool redis;     /* redis_uri is set: events go there */
    bool secondary; /* secondary_mongodb_uri is set: events and nonces are there */
    struct host *hosts;
    size_t host_count;
    size_t address_count; /* of online hosts; no more than ENDPOINTS_MAX are taken */
};

/* Pritunl's own, before anything was read. server_clear(server): free what it holds. */
extern const struct server server_defaults;
void server_clear(struct server *server);

/* server_read_app, server_read_version, server_read_host: take in one document; never fail. */
void server_read_app(struct server *server, const struct db_document *document);
void server_read_version(struct server *server, const struct db_document *document);
void server_read_host(struct server *server, const struct db_document *document);

#endif
