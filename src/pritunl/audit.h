/* SPDX-License-Identifier: MIT */
/*
 * audit.h - Pritunl's own audit log, as far as it speaks of access to the API.
 */
#ifndef PRITUNL_AUDIT_H
#define PRITUNL_AUDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "io/db.h"
#include "pritunl/admin.h"
#include "pritunl/server.h"

struct audit;

/*
 * audit_read(db, error): the newest 1,000 lines that speak of tokens, secrets, the API or this
 * program. A log that may not be read is warned about, and empty. To end with audit_free(), for
 * which NULL is fine. NULL with ERROR_DATABASE.
 */
struct audit *audit_read(struct db *db, struct error *error);
void audit_free(struct audit *audit);

struct audit_line {
    int64_t time_ms;     /* -1 where it has none */
    const char *type;    /* NULL where it is no text; owned by the audit, and not printable yet */
    const char *message; /* likewise */
};

/* audit_line(audit, admin, index, line): the index-th that is about admin, the newest first. */
bool audit_line(const struct audit *audit, const struct admin *admin, size_t index,
                struct audit_line *line);

/*
 * audit_note(line, server): before 1.32.4465.96 Pritunl wrote its lines about API access the wrong
 * way round. What is to be said of this one, or NULL; server may be NULL. A line of a server that
 * was updated since is told by its time, where that was before there was such a version.
 */
const char *audit_note(const struct audit_line *line, const struct server *server);

#endif
