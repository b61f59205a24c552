/* SPDX-License-Identifier: MIT */
#include "pritunl/write.h"

#include "base/ending.h"

#define ATTEMPTS 2

static enum write_end send_until_known(struct db *db, const struct write *write, bool *confirmed,
                                       struct error *error)
{
    *confirmed = true;
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        enum db_outcome outcome = DB_FAILED;
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
        *error = (struct error){0};
        switch (write->look(db, write->what, error)) {
        case WRITE_SEEN_AFTER:
            return WRITE_DONE;
        case WRITE_SEEN_NOTHING:
            return WRITE_UNKNOWN;
        case WRITE_SEEN_OTHER:
            return WRITE_CONFLICT;
        case WRITE_SEEN_GONE:
            return WRITE_GONE;
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
