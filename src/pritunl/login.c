/* SPDX-License-Identifier: MIT */
#include "pritunl/login.h"

#include "base/ending.h"

/* True as Python, in which Pritunl asks, has it. */
static bool will_be_true(const struct change *change, const char *name)
{
    struct db_value value =
        db_field(change_writes(change, name) ? change->after : change->before, name);

    switch (value.type) {
    case DB_ABSENT:
    case DB_NULL:
        return false;
    case DB_BOOL:
        return value.boolean;
    case DB_INT:
        return value.integer != 0;
    case DB_TEXT:
        return value.length > 0;
    default:
        return true;
    }
}

struct login_bars login_bars(const struct change *change)
{
    return (struct login_bars){.code = will_be_true(change, "otp_auth") ||
                                       will_be_true(change, "local_otp_auth"),
                               .yubikey = will_be_true(change, "yubikey_id"),
                               .disabled = will_be_true(change, "disabled")};
}

bool login_clear_tries(struct db *db, const struct db_document *document, bool *cleared,
                       struct error *error)
{
    const struct db_param param = {"id", db_field(document, "_id")};
    enum db_outcome outcome = db_write(db, QUERY_CLEAR_TRIES, &param, 1, NULL, error);

    ending_note(ENDING_WRITE, NULL);
    *cleared = outcome == DB_DONE || outcome == DB_UNCONFIRMED;
    return outcome != DB_FAILED && outcome != DB_UNKNOWN;
}
