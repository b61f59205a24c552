/* SPDX-License-Identifier: MIT */
#include "pritunl/write.h"

#include "base/ending.h"

#define ATTEMPTS 2

static enum write_end send_until_known(struct db *db, const struct write *write, bool *confirmed,
                                       struct error *error)
{
    /* of the first try that may have been done, and been overwritten since */
    struct error unknown = {0};

    *confirmed = true;
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        enum db_outcome outcome = DB_FAILED;
        enum write_seen seen = WRITE_SEEN_NOTHING;
        struct error why = {0};

        *error = (struct error){0};
        outcome = write->send(db, write->what, error);
        *confirmed = outcome != DB_UNCONFIRMED;
        if (outcome == DB_DONE || outcome == DB_UNCONFIRMED)
            return WRITE_DONE;
        if (outcome == DB_FAILED)
            return WRITE_REFUSED;
        if (outcome == DB_UNKNOWN)
            why = *error;
        if (unknown.kind == ERROR_NONE)
            unknown = why;
        *error = (struct error){0};
        seen = write->look(db, write->what, error);
        switch (seen) {
        case WRITE_SEEN_AFTER:
            return WRITE_DONE;
        case WRITE_SEEN_NOTHING:
            return WRITE_UNKNOWN;
        case WRITE_SEEN_OTHER:
        case WRITE_SEEN_GONE:
            *error = unknown;
            return unknown.kind != ERROR_NONE ? WRITE_UNKNOWN
                   : seen == WRITE_SEEN_GONE  ? WRITE_GONE
                                              : WRITE_CONFLICT;
        case WRITE_SEEN_BEFORE:
            *error = why;
        }
    }
    /* Matched nothing, and yet it is back at what was read. */
    return error->kind == ERROR_NONE ? WRITE_CONFLICT : WRITE_REFUSED;
}

enum write_end write_until_known(struct db *db, const struct write *write, bool *confirmed,
                                 struct error *error)
{
    enum write_end end = send_until_known(db, write, confirmed, error);

    if (end != WRITE_DONE && end != WRITE_UNKNOWN)
        ending_note(ENDING_WRITE, NULL);
    return end;
}
