/* SPDX-License-Identifier: MIT */
/*
 * dump.h - everything that an inventory of a Pritunl wants, as one JSON document or as lines.
 *
 * {"organizations": [{"id", "name", "users": [{"id", "name", "email"}]}], "servers": [{"id",
 * "name", "port", "routes": [{"id", "network", "nat"}]}]}, and by wish "hosts", "links",
 * "settings", "administrators". Elements come in the order of their names, then ids; routes in the
 * server's own. Written as it arrives: an organization's users are held until their turn, no more.
 */
#ifndef PRITUNL_DUMP_H
#define PRITUNL_DUMP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum dump_part {
    DUMP_ORGANIZATIONS, /* with users */
    DUMP_SERVERS,       /* with routes */
    DUMP_HOSTS,
    DUMP_LINKS,
    DUMP_SETTINGS,
    DUMP_ADMINISTRATORS,
    DUMP_PART_COUNT
};

struct dump_options {
    bool parts[DUMP_PART_COUNT];
    bool lines;  /* one object a line, each with its "type" */
    bool reveal; /* secrets unmasked */
    size_t jobs; /* connections */
};

/*
 * So much of it is held at a time, whatever the API answers: what is written of some 50,000 users.
 */
#define DUMP_HELD_MAX ((size_t)12 * 1024 * 1024)

/* Where it goes. write fills error when it returns false; progress may be NULL. */
struct dump_sink {
    bool (*write)(void *context, const char *bytes, size_t length, struct error *error);
    void (*progress)(void *context, size_t done, size_t total);
    void *context;
};

#endif
