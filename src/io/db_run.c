/* SPDX-License-Identifier: MIT */
#include "base/mem.h"
#include "io/db_internal.h"

struct db_document *db_run(struct db *db, enum query query, struct error *error)
{
    struct db_document *answer = NULL;
    bson_error_t why = {0};
    bson_t command;
    bson_t reply;

    db_lock(db);
    if (!db_command_fill(query_text[query], db->prefix, NULL, 0, &command, error))
        goto out;
    if (!mongoc_client_command_simple(db->client, db->name, &command, NULL, &reply, &why))
        db_failure(db, NULL, &why, &reply, error);
    else if (db_document_valid(bson_get_data(&reply), reply.len))
        answer = db_document_copy(&reply);
    else
        error_set(error, ERROR_DATABASE, "the database's answer is damaged");
    bson_destroy(&reply);
out:
    db_unlock(db);
    db_command_end(&command);
    return answer;
}

struct db_value db_item(const struct db_value *array, size_t index)
{
    struct db_document view = {(char *)array->raw, array->length};
    char key[24];

    if (array->type != DB_ARRAY)
        return (struct db_value){.type = DB_ABSENT};
    snprintf(key, sizeof key, "%zu", index);
    return db_field(&view, key);
}

struct db_value db_member(const struct db_value *object, const char *path)
{
    struct db_document view = {(char *)object->raw, object->length};

    if (object->type != DB_OBJECT)
        return (struct db_value){.type = DB_ABSENT};
    return db_field(&view, path);
}
