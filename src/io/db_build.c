/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/mem.h"
#include "io/db_internal.h"

struct db_builder {
    bson_t *document; /* not the struct itself: it wants an alignment of 128 bytes */
};

struct db_builder *db_build(void)
{
    struct db_builder *builder = mem_zero(1, sizeof(*builder));

    builder->document = bson_new();
    return builder;
}

void db_build_free(struct db_builder *builder)
{
    if (builder == NULL)
        return;
    bson_destroy(builder->document);
    mem_free(builder);
}

void db_build_add(struct db_builder *builder, const char *key, struct db_value value)
{
    db_value_append(&value, key, builder->document);
}

static struct db_value whole(const struct db_builder *builder, enum db_type type, int bson_type)
{
    struct db_value value = {.type = type, .bson_type = bson_type};

    value.raw = bson_get_data(builder->document);
    value.length = builder->document->len;
    return value;
}

struct db_value db_build_value(const struct db_builder *builder)
{
    return whole(builder, DB_OBJECT, BSON_TYPE_DOCUMENT);
}

struct db_value db_build_array(const struct db_builder *builder)
{
    return whole(builder, DB_ARRAY, BSON_TYPE_ARRAY);
}

struct db_value db_bool(bool boolean)
{
    return (struct db_value){.type = DB_BOOL, .bson_type = BSON_TYPE_BOOL, .boolean = boolean};
}

struct db_value db_null(void)
{
    return (struct db_value){.type = DB_NULL, .bson_type = BSON_TYPE_NULL};
}

struct db_value db_int(int32_t integer)
{
    return (struct db_value){
        .type = DB_INT, .bson_type = BSON_TYPE_INT32, .integer = integer, .number = integer};
}

struct db_value db_date(int64_t wall_ms)
{
    return (struct db_value){.type = DB_DATE, .bson_type = BSON_TYPE_DATE_TIME, .integer = wall_ms};
}

struct db_value db_new_id(uint8_t bytes[DB_ID_SIZE])
{
    bson_oid_t id;

    bson_oid_init(&id, NULL);
    memcpy(bytes, id.bytes, DB_ID_SIZE);
    return (struct db_value){
        .type = DB_ID, .bson_type = BSON_TYPE_OID, .raw = bytes, .length = DB_ID_SIZE};
}

void db_build_all(struct db_builder *builder, const struct db_document *document)
{
    bson_t view;

    if (bson_init_static(&view, (const uint8_t *)document->data, document->length))
        bson_concat(builder->document, &view);
}

bool db_value_equal(const struct db_value *a, const struct db_value *b)
{
    bson_t first = BSON_INITIALIZER;
    bson_t second = BSON_INITIALIZER;
    bool equal = false;

    if (a->bson_type == b->bson_type) {
        db_value_append(a, "v", &first);
        db_value_append(b, "v", &second);
        equal = bson_equal(&first, &second);
    }
    bson_destroy(&first);
    bson_destroy(&second);
    return equal;
}

struct db_document *db_document_copy(const bson_t *from)
{
    struct db_document *document = mem_zero(1, sizeof(*document));

    document->data = mem_copy(bson_get_data(from), from->len);
    document->length = from->len;
    return document;
}

struct db_document *db_document_new(const struct db_builder *builder)
{
    return db_document_copy(builder->document);
}

struct db_document *db_document_dup(const struct db_document *document)
{
    struct db_document *copy = mem_zero(1, sizeof(*copy));

    copy->data = mem_copy(document->data, document->length);
    copy->length = document->length;
    return copy;
}

struct db_document *db_document_from_json(const char *text, struct error *error)
{
    bson_error_t why = {0};
    bson_t *parsed = bson_new_from_json((const uint8_t *)text, -1, &why);
    struct db_document *document = NULL;

    if (parsed == NULL) {
        error_set(error, ERROR_USAGE, "that is not MongoDB Extended JSON");
        return NULL;
    }
    document = db_document_copy(parsed);
    bson_destroy(parsed);
    return document;
}

char *db_document_to_json(const struct db_document *document)
{
    bson_t view;
    char *text = NULL;
    char *copy = NULL;

    if (bson_init_static(&view, (const uint8_t *)document->data, document->length))
        text = bson_as_canonical_extended_json(&view, NULL);
    copy = mem_text(text);
    bson_free(text);
    return copy;
}

bool db_document_equal(const struct db_document *a, const struct db_document *b)
{
    return a->length == b->length && memcmp(a->data, b->data, a->length) == 0;
}

void db_document_free(struct db_document *document)
{
    if (document == NULL)
        return;
    mem_free(document->data);
    mem_free(document);
}
