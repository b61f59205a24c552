/* SPDX-License-Identifier: MIT */
/*
 * await.h - wait until a changed credential really works, everywhere.
 *
 * The API obeys at once; each host's web front counts anew only every settings_check_interval, and
 * may have to restart.
 */
#ifndef API_AWAIT_H
#define API_AWAIT_H

#include <stdbool.h>
#include <stdint.h>

#include "api/contact.h"
#include "base/error.h"
#include "pritunl/access.h"
#include "pritunl/server.h"

struct await_case {
    struct contact_options options; /* url is the base URL that must accept */
    const char *certificate;        /* what the database holds, or NULL */
    const struct access *access;
    const struct server *server;
    bool server_time;
    int64_t changed_ms;  /* clock_monotonic_ms() of the change */
    int64_t deadline_ms; /* of clock_monotonic_ms() */
};

/*
 * await_accepted(what, error)
 *
 * Until the URL accepts the pair on a fresh connection, and every online host that can be reached
 * from here by an address of its own does. Hosts that cannot be reached are named in a warning and
 * do not count; where none can, until five fresh connections in a row were accepted and
 * settings_check_interval + 5 s have passed since the change. Says on stderr what it waits for.
 *
 *   ERROR_WAIT   the deadline passed; the text names who did not accept, and why
 */
bool await_accepted(const struct await_case *what, struct error *error);

#endif
