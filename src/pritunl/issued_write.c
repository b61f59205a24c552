/* SPDX-License-Identifier: MIT */
#include "base/text.h"
#include "pritunl/change.h"
#include "pritunl/issued.h"
#include "pritunl/write.h"

#define CODE_DUPLICATE_KEY 11000

enum presence { PRESENCE_UNKNOWN, PRESENCE_NONE, PRESENCE_SAME, PRESENCE_OTHER };

/* What stands there under the document's _id. */
static enum presence find_presence(struct db *db, const struct db_document *document,
                                   struct error *error)
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

static bool fail_unknown(const char *what, struct error *error)
{
    struct error why = *error;

    error_set(error, ERROR_DATABASE, "it is not known whether the administrator %s: %s", what,
              why.text);
    error_blame(error, why.cause);
    return error_try(error, "pritunl-access list --issued");
}

/* Somebody else has the name, unless an earlier attempt came through after all. */
static enum db_outcome send_insert(struct db *db, const void *what, struct error *error)
{
    struct db_builder *whole = db_build();
    struct db_param params[] = {{"document", {0}}};
    enum db_outcome outcome = DB_FAILED;

    db_build_all(whole, what);
    params[0].value = db_build_value(whole);
    outcome = db_write(db, QUERY_ISSUE, params, 1, NULL, error);
    db_build_free(whole);
    return outcome == DB_FAILED && db_code(db) == CODE_DUPLICATE_KEY ? DB_NOTHING : outcome;
}

static enum write_seen look_at_insert(struct db *db, const void *what, struct error *error)
{
    static const enum write_seen seen[] = {[PRESENCE_UNKNOWN] = WRITE_SEEN_NOTHING,
                                           [PRESENCE_NONE] = WRITE_SEEN_BEFORE,
                                           [PRESENCE_SAME] = WRITE_SEEN_AFTER,
                                           [PRESENCE_OTHER] = WRITE_SEEN_OTHER};

    return seen[find_presence(db, what, error)];
}

bool issued_insert(struct db *db, const struct db_document *document, bool *confirmed,
                   struct error *error)
{
    const struct write write = {document, send_insert, look_at_insert};
    enum write_end end = write_until_known(db, &write, confirmed, error);

    if (end == WRITE_DONE)
        return true;
    if (end == WRITE_REFUSED)
        return false;
    if (end == WRITE_UNKNOWN)
        return fail_unknown("was made", error);
    error_set(error, ERROR_USAGE, "the label is in use: nothing was changed");
    return error_try(error, "another label; pritunl-access list --issued");
}

struct removal {
    const struct db_document *document;
    bool pins_pair;
};

static enum db_outcome send_removal(struct db *db, const void *what, struct error *error)
{
    const struct removal *removal = what;
    const struct db_document *document = removal->document;
    struct db_builder *filter = db_build();
    struct db_param params[] = {{"filter", {0}}};
    enum db_outcome outcome = DB_FAILED;

    db_build_add(filter, "_id", db_field(document, "_id"));
    change_match(filter, "username", db_field(document, "username"));
    change_match(filter, ISSUED_FIELD, db_field(document, ISSUED_FIELD));
    if (removal->pins_pair) {
        change_match(filter, "token", db_field(document, "token"));
        change_match(filter, "secret", db_field(document, "secret"));
    }
    params[0].value = db_build_value(filter);
    outcome = db_write(db, QUERY_REVOKE, params, 1, NULL, error);
    db_build_free(filter);
    return outcome;
}

static enum write_seen look_at_removal(struct db *db, const void *what, struct error *error)
{
    static const enum write_seen seen[] = {[PRESENCE_UNKNOWN] = WRITE_SEEN_NOTHING,
                                           [PRESENCE_NONE] = WRITE_SEEN_AFTER,
                                           [PRESENCE_SAME] = WRITE_SEEN_BEFORE,
                                           [PRESENCE_OTHER] = WRITE_SEEN_OTHER};
    const struct removal *removal = what;

    return seen[find_presence(db, removal->document, error)];
}

bool issued_remove(struct db *db, const struct db_document *document, bool pins_pair,
                   struct error *error)
{
    const struct removal removal = {document, pins_pair};
    const struct write write = {&removal, send_removal, look_at_removal};
    bool confirmed = true;
    enum write_end end = write_until_known(db, &write, &confirmed, error);

    if (end == WRITE_DONE)
        return true;
    if (end == WRITE_REFUSED)
        return false;
    if (end == WRITE_UNKNOWN)
        return fail_unknown("was deleted", error);
    error_set(error, ERROR_CONFLICT,
              "the administrator was changed by someone else meanwhile; it was not deleted");
    return error_try(error, "pritunl-access list --issued");
}
