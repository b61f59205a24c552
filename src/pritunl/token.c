/* SPDX-License-Identifier: MIT */
#include "pritunl/token.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"

bool token_is_taken(struct db *db, const char *token, bool *taken, struct error *error)
{
    const struct db_param params[] = {{"token", db_text(token)}};
    struct db_rows *rows = NULL;

    if (!db_query(db, QUERY_TOKEN_HOLDERS, params, 1, &rows, error))
        return false;
    *taken = db_rows_count(rows) > 0;
    db_rows_free(rows);
    return true;
}

/* Of those that hold the token, in the order of the database; NULL where there is none. */
static struct admin *token_first_holder(const struct db_rows *rows, const char *token)
{
    for (size_t i = 0; i < db_rows_count(rows); i++) {
        struct admin *admin = admin_read(db_rows_at(rows, i));

        if (text_equal(admin->token, token))
            return admin;
        admin_free(admin); /* an array that holds it, or a collation that folds case */
    }
    return NULL;
}

bool token_is_earlier(struct db *db, const struct admin *admin, char **other, struct error *error)
{
    struct db_param params[] = {{"token", db_text(admin->token)}};
    struct db_rows *rows = NULL;
    struct admin *first = NULL;
    bool earlier = false;

    *other = NULL;
    *error = (struct error){0};
    if (!db_query(db, QUERY_TOKEN_HOLDERS, params, 1, &rows, error))
        return false;
    first = token_first_holder(rows, admin->token);
    if (first != NULL && !text_equal(first->id, admin->id)) {
        earlier = true;
        *other = first->username != NULL ? text_printable(first->username, strlen(first->username))
                                         : text_format("the document %s", first->id);
    }
    admin_free(first);
    db_rows_free(rows);
    return earlier;
}

bool token_nonce_is_seen(struct db *db, const char *token, const char *nonce, bool *seen,
                         struct error *error)
{
    struct db_param params[] = {{"token", db_text(token)}, {"nonce", db_text(nonce)}};
    struct db_rows *rows = NULL;

    *seen = false;
    if (!db_query(db, QUERY_NONCE, params, 2, &rows, error))
        return false;
    *seen = db_rows_count(rows) > 0;
    db_rows_free(rows);
    return true;
}

bool token_last_use(struct db *db, const char *token, int64_t *wall_ms, struct error *error)
{
    struct db_param params[] = {{"token", db_text(token)}};
    struct db_rows *rows = NULL;
    struct db_value timestamp = {0};

    *wall_ms = -1;
    if (!db_query(db, QUERY_LAST_USE, params, 1, &rows, error))
        return false;
    if (db_rows_count(rows) > 0)
        timestamp = db_field(db_rows_at(rows, 0), "timestamp");
    if (timestamp.type == DB_DATE)
        *wall_ms = timestamp.integer;
    db_rows_free(rows);
    return true;
}
