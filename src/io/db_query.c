/* SPDX-License-Identifier: MIT */
#include "io/db_internal.h"

#include <string.h>

#include "base/mem.h"

struct db_rows {
    struct db_document *at;
    size_t count;
    size_t size;
    size_t bytes;
};

static bool add_row(struct db_rows *rows, const bson_t *document, struct error *error)
{
    const uint8_t *data = bson_get_data(document);
    size_t length = document->len;

    if (!db_document_valid(data, length)) {
        return error_set(error, ERROR_DATABASE,
                         "the database's answer cannot be used: a document in it is damaged");
    }
    if (rows->count == DB_ROWS_MAX || length > DB_BYTES_MAX - rows->bytes) {
        return error_set(error, ERROR_DATABASE,
                         "the database's answer is too large: more than %d documents or %zu MiB",
                         DB_ROWS_MAX, DB_BYTES_MAX / 1024 / 1024);
    }
    if (rows->count == rows->size) {
        rows->size = rows->size == 0 ? 16 : 2 * rows->size;
        rows->at = mem_grow(rows->at, rows->size * sizeof(*rows->at));
    }
    rows->at[rows->count].data = mem_copy(data, length);
    rows->at[rows->count].length = length;
    rows->count++;
    rows->bytes += length;
    return true;
}

static bool read_all(struct db *db, mongoc_cursor_t *cursor, const char *what, struct db_rows *rows,
                     struct error *error)
{
    const bson_t *document = NULL;
    const bson_t *reply = NULL;
    bson_error_t why = {0};

    while (mongoc_cursor_next(cursor, &document))
        if (!add_row(rows, document, error))
            return false;
    if (mongoc_cursor_error_document(cursor, &why, &reply))
        return db_failure(db, what, &why, reply, error);
    return true;
}

/*
 * getMore must go to the server that holds the cursor: one is chosen here, and named to the driver
 * from then on.
 */
static bool choose_server(struct db *db, bson_t *options, struct error *error)
{
    bson_error_t why = {0};
    mongoc_server_description_t *server = mongoc_client_select_server(
        db->client, db->primary, db->primary ? NULL : mongoc_client_get_read_prefs(db->client),
        &why);

    if (server == NULL)
        return db_failure(db, NULL, &why, NULL, error);
    BSON_APPEND_INT32(options, "serverId", (int32_t)mongoc_server_description_id(server));
    mongoc_server_description_destroy(server);
    return true;
}

/*
 * Not mongoc_collection_aggregate(): in Debian 13 (1.30.4-1+deb13u3) it refuses every call, since a
 * check of database names is given "database.collection" there.
 */
static bool run(struct db *db, const bson_t *command, const char *what, struct db_rows *rows,
                struct error *error)
{
    mongoc_cursor_t *cursor = NULL;
    bson_error_t why = {0};
    bson_t options;
    bson_t reply;
    bool done = false;

    bson_init(&options);
    if (!choose_server(db, &options, error))
        goto out;
    if (!mongoc_client_read_command_with_opts(db->client, db->name, command, NULL, &options, &reply,
                                              &why)) {
        db_failure(db, what, &why, &reply, error);
        bson_destroy(&reply);
        goto out;
    }
    /* Takes reply over. */
    cursor = mongoc_cursor_new_from_command_reply_with_opts(db->client, &reply, &options);
    done = read_all(db, cursor, what, rows, error);
    mongoc_cursor_destroy(cursor);
out:
    bson_destroy(&options);
    return done;
}

bool db_query(struct db *db, enum query query, const struct db_param *params, size_t count,
              struct db_rows **rows, struct error *error)
{
    struct db_rows *found = mem_zero(1, sizeof(*found));
    const char *what = NULL;
    bson_t command;
    bson_iter_t at;

    *rows = NULL;
    db_lock(db);
    if (!db_command_fill(query_text[query], db->prefix, params, count, &command, error))
        goto out;
    if (bson_iter_init(&at, &command) && bson_iter_next(&at) && BSON_ITER_HOLDS_UTF8(&at))
        what = strstr(query_text[query], "$unionWith") == NULL ? bson_iter_utf8(&at, NULL) : NULL;
    if (run(db, &command, what, found, error)) {
        *rows = found;
        found = NULL;
    }
out:
    db_unlock(db);
    db_command_end(&command);
    db_rows_free(found);
    return *rows != NULL;
}

void db_rows_free(struct db_rows *rows)
{
    if (rows == NULL)
        return;
    for (size_t i = 0; i < rows->count; i++)
        mem_free(rows->at[i].data);
    mem_free(rows->at);
    mem_free(rows);
}

size_t db_rows_count(const struct db_rows *rows)
{
    return rows->count;
}

const struct db_document *db_rows_at(const struct db_rows *rows, size_t index)
{
    return &rows->at[index];
}
