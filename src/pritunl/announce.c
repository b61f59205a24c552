/* SPDX-License-Identifier: MIT */
#include "pritunl/announce.h"

#include "base/clock.h"
#include "base/ending.h"
#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "pritunl/record.h"

static bool is_written(enum db_outcome outcome)
{
    return outcome == DB_DONE || outcome == DB_UNCONFIRMED;
}

static void announce_to(struct db *db, const struct server *server, struct db_value id,
                        const char *type, const char *message)
{
    struct db_param params[] = {{"now", db_date(clock_wall_ms())},
                                {"id", id},
                                {"type", db_text(type)},
                                {"message", db_text(message)}};
    struct error error = {0};

    if (server->redis || server->secondary)
        term_note("open consoles were not told: events of this cluster go through %s",
                  server->redis ? "redis_uri" : "secondary_mongodb_uri");
    else if (!is_written(db_write(db, QUERY_ANNOUNCE, params, 1, NULL, &error)))
        term_warn("open consoles were not told of the change: %s", error.text);
    if (server->auditing && !is_written(db_write(db, QUERY_AUDIT_ENTRY, params, 4, NULL, &error)))
        term_warn("the audit log holds no line about the change: %s", error.text);
    ending_note(ENDING_WRITE, NULL);
}

void announce_changed(struct db *db, const struct server *server, const struct change *change)
{
    char *names = record_names(change);
    char *message =
        text_format("Administrator changed by pritunl-access %s: %s", change->command, names);

    announce_to(db, server, db_field(change->after, "_id"), "admin_updated", message);
    mem_free(message);
    mem_free(names);
}

void announce_leased(struct db *db, const struct server *server, const struct admin *admin,
                     const char *label, bool made)
{
    char *message = text_format("Temporary administrator %s by pritunl-access: %s",
                                made ? "issued" : "revoked", label);

    announce_to(db, server, db_field(admin->document, "_id"),
                made ? "admin_created" : "admin_updated", message);
    mem_free(message);
}
