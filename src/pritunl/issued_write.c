/* SPDX-License-Identifier: MIT */
#include "base/text.h"
#include "pritunl/change.h"
#include "pritunl/issued.h"

#define CODE_DUPLICATE_KEY 11000
#define ATTEMPTS 3

enum presence { PRESENCE_UNKNOWN, PRESENCE_NONE, PRESENCE_SAME, PRESENCE_OTHER };

/* What stands there under the document's _id. */
static enum presence look(struct db *db, const struct db_document *document, struct error *error)
{
    struct db_builder *projection = db_build();
    struct db_param params[] = {{"id", db_field(document, "_id")}, {"projection", {0}}};
    struct db_rows *rows = NULL;
    enum presence presence = PRESENCE_UNKNOWN;

    db_build_add(projection, "username", db_int(1));
    db_build_add(projection, ISSUED_FIELD, db_int(1));
    params[1].value = db_build_value(projection);
    if (db_query(db, QUERY_DOCUMENT, params, 2, &rows, error)) {
        presence = PRESENCE_NONE;
        if (db_rows_count(rows) > 0) {
            struct db_value name = db_field(document, "username");
            struct db_value mark = db_field(document, ISSUED_FIELD);
            struct db_value name_there = db_field(db_rows_at(rows, 0), "username");
            struct db_value mark_there = db_field(db_rows_at(rows, 0), ISSUED_FIELD);

            presence = db_value_equal(&name, &name_there) && db_value_equal(&mark, &mark_there)
                           ? PRESENCE_SAME
                           : PRESENCE_OTHER;
        }
    }
    db_rows_free(rows);
    db_build_free(projection);
    return presence;
}

static bool not_known(const struct error *why, const char *what, struct error *error)
{
    struct error cause = *why;

    error_set(error, ERROR_DATABASE, "it is not known whether the administrator %s: %s", what,
              cause.text);
    error_blame(error, cause.cause);
    return error_try(error, "pritunl-access list --issued");
}

static bool in_use(struct error *error)
{
    error_set(error, ERROR_USAGE, "the label is in use: nothing was changed");
    return error_try(error, "another label; pritunl-access list --issued");
}

static bool is_applied(enum db_outcome outcome)
{
    return outcome == DB_DONE || outcome == DB_UNCONFIRMED;
}

bool issued_insert(struct db *db, const struct db_document *document, bool *confirmed,
                   struct error *error)
{
    struct db_builder *whole = db_build();
    struct db_param params[] = {{"document", {0}}};
    enum presence presence = PRESENCE_NONE;
    bool taken = false;
    struct error why = {0};

    db_build_all(whole, document);
    params[0].value = db_build_value(whole);
    *confirmed = true;
    for (int attempt = 0; attempt < ATTEMPTS && !taken && presence != PRESENCE_SAME; attempt++) {
        enum db_outcome outcome = db_write(db, QUERY_ISSUE, params, 1, NULL, error);
        bool duplicate = outcome == DB_FAILED && db_code(db) == CODE_DUPLICATE_KEY;

        why = *error;
        *confirmed = outcome != DB_UNCONFIRMED;
        if (is_applied(outcome)) {
            presence = PRESENCE_SAME;
            continue;
        }
        if (outcome == DB_FAILED && !duplicate && presence == PRESENCE_NONE)
            break;
        /* The answer was lost, or an earlier attempt's insert came through after all. */
        presence = look(db, document, error);
        taken = duplicate && presence != PRESENCE_SAME && presence != PRESENCE_UNKNOWN;
    }
    db_build_free(whole);
    if (presence == PRESENCE_SAME)
        return true;
    if (taken)
        return in_use(error);
    if (presence == PRESENCE_UNKNOWN)
        return not_known(&why, "was made", error);
    *error = why;
    return false;
}

static bool other_by_now(struct error *error)
{
    error_set(error, ERROR_CONFLICT,
              "the administrator was changed by someone else meanwhile; it was not deleted");
    return error_try(error, "pritunl-access list --issued");
}

bool issued_remove(struct db *db, const struct db_document *document, bool pins_pair,
                   struct error *error)
{
    struct db_builder *filter = db_build();
    struct db_param params[] = {{"filter", {0}}};
    enum presence presence = PRESENCE_SAME;
    struct error why = {0};

    db_build_add(filter, "_id", db_field(document, "_id"));
    change_match(filter, "username", db_field(document, "username"));
    change_match(filter, ISSUED_FIELD, db_field(document, ISSUED_FIELD));
    if (pins_pair) {
        change_match(filter, "token", db_field(document, "token"));
        change_match(filter, "secret", db_field(document, "secret"));
    }
    params[0].value = db_build_value(filter);
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        enum db_outcome outcome = DB_FAILED;

        *error = (struct error){0};
        outcome = db_write(db, QUERY_REVOKE, params, 1, NULL, error);
        why = *error;
        if (outcome == DB_FAILED)
            break;
        presence = is_applied(outcome) ? PRESENCE_NONE : look(db, document, error);
        if (presence == PRESENCE_NONE || presence == PRESENCE_OTHER)
            break;
    }
    db_build_free(filter);
    if (presence == PRESENCE_NONE)
        return true;
    if (presence == PRESENCE_UNKNOWN)
        return not_known(&why, "was deleted", error);
    if (presence == PRESENCE_OTHER || why.kind == ERROR_NONE)
        return other_by_now(error);
    *error = why;
    return false;
}
