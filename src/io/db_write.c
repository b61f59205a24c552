/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/mem.h"
#include "io/db_internal.h"

/*
 * Refused before anything was looked at: may not, not logged in, no such command (three dialects),
 * a duplicate key.
 */
static const int certain[] = {13, 18, 59, 115, 238, 304, 8000, 11000};

void db_use_primary(struct db *db)
{
    db->primary = true;
}

/* The privileges that the server demands for a command, beside those of its parts. */
static const char *privilege_of(const bson_iter_t *command)
{
    static const struct {
        const char *command;
        const char *privilege;
    } rows[] = {{"findAndModify", "find and update"},
                {"update", "update"},
                {"insert", "insert"},
                {"delete", "remove"}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        if (strcmp(rows[i].command, bson_iter_key(command)) == 0)
            return rows[i].privilege;
    return "write";
}

static int64_t number_at(const bson_t *reply, const char *path)
{
    bson_iter_t at;
    bson_iter_t found;

    if (!bson_iter_init(&at, reply) || !bson_iter_find_descendant(&at, path, &found))
        return 0;
    return bson_iter_as_int64(&found);
}

static void take_before(const bson_t *reply, struct db_document **before)
{
    const uint8_t *data = NULL;
    uint32_t length = 0;
    bson_t value;
    bson_iter_t at;

    if (!bson_iter_init_find(&at, reply, "value") || !BSON_ITER_HOLDS_DOCUMENT(&at))
        return;
    bson_iter_document(&at, &length, &data);
    if (db_document_valid(data, length) && bson_init_static(&value, data, length))
        *before = db_document_copy(&value);
}

/* findAndModify counts in lastErrorObject, the others at the top. */
static bool touched(const bson_t *reply)
{
    return number_at(reply, "lastErrorObject.n") > 0 || number_at(reply, "n") > 0;
}

static enum db_outcome failed(struct db *db, const char *what, const bson_error_t *why,
                              const bson_t *reply, struct error *error)
{
    db_failure(db, what, why, reply, error);
    if (why->domain == MONGOC_ERROR_SERVER_SELECTION)
        return DB_FAILED;
    for (size_t i = 0; i < sizeof(certain) / sizeof(*certain); i++)
        if (db->code == certain[i])
            return DB_FAILED;
    return DB_UNKNOWN;
}

/* An insert or update that one document's own error stopped: ok is 1, and writeErrors holds why. */
static bool write_error(const bson_t *reply, bson_error_t *why)
{
    bson_iter_t at;
    bson_iter_t found;

    if (!bson_iter_init(&at, reply) ||
        !bson_iter_find_descendant(&at, "writeErrors.0.code", &found))
        return false;
    bson_set_error(why, MONGOC_ERROR_SERVER, (uint32_t)bson_iter_as_int64(&found),
                   "the document was refused");
    return true;
}

static enum db_outcome write_locked(struct db *db, enum query query, const struct db_param *params,
                                    size_t count, struct db_document **before, struct error *error)
{
    enum db_outcome outcome = DB_FAILED;
    const char *what = NULL;
    bson_error_t why = {0};
    bson_t command;
    bson_t reply;
    bson_iter_t at;

    if (!db_command_fill(query_text[query], db->prefix, params, count, &command, error)) {
        db_command_end(&command);
        return DB_FAILED;
    }
    if (bson_iter_init(&at, &command) && bson_iter_next(&at) && BSON_ITER_HOLDS_UTF8(&at)) {
        what = bson_iter_utf8(&at, NULL);
        db->privilege = privilege_of(&at);
    }
    if (!mongoc_client_write_command_with_opts(db->client, db->name, &command, NULL, &reply,
                                               &why)) {
        /* The driver counts a write concern's error as a failure; the write itself is there. */
        outcome = bson_has_field(&reply, "writeConcernError") && touched(&reply)
                      ? DB_UNCONFIRMED
                      : failed(db, what, &why, &reply, error);
    } else if (write_error(&reply, &why)) {
        outcome = failed(db, what, &why, NULL, error);
    } else {
        outcome = !touched(&reply)                              ? DB_NOTHING
                  : bson_has_field(&reply, "writeConcernError") ? DB_UNCONFIRMED
                                                                : DB_DONE;
    }
    if (before != NULL)
        take_before(&reply, before);
    db->privilege = NULL;
    bson_destroy(&reply);
    db_command_end(&command);
    return outcome;
}

enum db_outcome db_write(struct db *db, enum query query, const struct db_param *params,
                         size_t count, struct db_document **before, struct error *error)
{
    enum db_outcome outcome = DB_FAILED;

    if (before != NULL)
        *before = NULL;
    db_lock(db);
    outcome = write_locked(db, query, params, count, before, error);
    db_unlock(db);
    return outcome;
}
