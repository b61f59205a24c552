/* SPDX-License-Identifier: MIT */
#include "io/db_internal.h"

#include <limits.h>
#include <string.h>

#include "base/mem.h"

#define DEPTH_MAX 200 /* the server's own limit on nesting */

static bool valid(bson_iter_t *at, unsigned depth)
{
    while (bson_iter_next(at)) {
        bson_iter_t child;

        if (!BSON_ITER_HOLDS_DOCUMENT(at) && !BSON_ITER_HOLDS_ARRAY(at))
            continue;
        if (depth == 0 || !bson_iter_recurse(at, &child) || !valid(&child, depth - 1))
            return false;
    }
    return at->err_off == 0;
}

/* Not bson_validate(): that one refuses text which is not UTF-8 whatever its flags. */
bool db_document_valid(const uint8_t *data, size_t length)
{
    bson_t document;
    bson_iter_t at;

    return bson_init_static(&document, data, length) && bson_iter_init(&at, &document) &&
           valid(&at, DEPTH_MAX);
}

static struct db_value raw_value(const bson_iter_t *at)
{
    struct db_value value = {.type = DB_OTHER};
    uint32_t begin = at->off + 1 + bson_iter_key_len(at) + 1;

    value.raw = at->raw + begin;
    value.length = at->next_off - begin;
    return value;
}

static struct db_value text_value(const bson_iter_t *at)
{
    struct db_value value = {.type = DB_TEXT};
    uint32_t length = 0;

    value.text = bson_iter_utf8(at, &length);
    value.length = length;
    return value;
}

static struct db_value compound_value(const bson_iter_t *at)
{
    struct db_value value = {.type = DB_OBJECT};
    uint32_t length = 0;

    if (BSON_ITER_HOLDS_ARRAY(at)) {
        value.type = DB_ARRAY;
        bson_iter_array(at, &length, &value.raw);
    } else {
        bson_iter_document(at, &length, &value.raw);
    }
    value.length = length;
    return value;
}

static struct db_value binary_value(const bson_iter_t *at)
{
    struct db_value value = {.type = DB_BINARY};
    bson_subtype_t subtype = BSON_SUBTYPE_BINARY;
    uint32_t length = 0;

    bson_iter_binary(at, &subtype, &length, &value.raw);
    value.length = length;
    value.subtype = (uint8_t)subtype;
    return value;
}

static struct db_value value_at(const bson_iter_t *at)
{
    struct db_value value = {.type = DB_NULL};

    switch (bson_iter_type(at)) {
    case BSON_TYPE_NULL:
        break;
    case BSON_TYPE_BOOL:
        value.type = DB_BOOL;
        value.boolean = bson_iter_bool(at);
        break;
    case BSON_TYPE_INT32:
    case BSON_TYPE_INT64:
        value.type = DB_INT;
        value.integer = bson_iter_as_int64(at);
        value.number = (double)value.integer;
        break;
    case BSON_TYPE_DOUBLE:
        value.type = DB_DOUBLE;
        value.number = bson_iter_double(at);
        break;
    case BSON_TYPE_DATE_TIME:
        value.type = DB_DATE;
        value.integer = bson_iter_date_time(at);
        break;
    case BSON_TYPE_OID:
        value.type = DB_ID;
        value.raw = bson_iter_oid(at)->bytes;
        value.length = sizeof(bson_oid_t);
        break;
    case BSON_TYPE_UTF8:
        value = text_value(at);
        break;
    case BSON_TYPE_ARRAY:
    case BSON_TYPE_DOCUMENT:
        value = compound_value(at);
        break;
    case BSON_TYPE_BINARY:
        value = binary_value(at);
        break;
    default:
        value = raw_value(at);
        break;
    }
    value.bson_type = (int)bson_iter_type(at);
    return value;
}

/* The first element of data whose key is the length bytes at key. */
static bool find_field(const uint8_t *data, size_t size, const char *key, size_t length,
                       bson_iter_t *at)
{
    bson_t document;

    if (!bson_init_static(&document, data, size) || !bson_iter_init(at, &document))
        return false;
    while (bson_iter_next(at))
        if (bson_iter_key_len(at) == length && memcmp(bson_iter_key(at), key, length) == 0)
            return true;
    return false;
}

struct db_value db_field(const struct db_document *document, const char *path)
{
    const struct db_value absent = {.type = DB_ABSENT};
    struct db_value value = {.type = DB_OBJECT};

    value.raw = (const uint8_t *)document->data;
    value.length = document->length;
    for (const char *key = path;;) {
        size_t length = strcspn(key, ".");
        bson_iter_t at;

        if (value.type != DB_OBJECT || !find_field(value.raw, value.length, key, length, &at))
            return absent;
        value = value_at(&at);
        if (key[length] == '\0')
            return value;
        key += length + 1;
    }
}

struct db_value db_item(const struct db_value *array, size_t index)
{
    struct db_document view = {(const char *)array->raw, array->length};
    char key[24];

    if (array->type != DB_ARRAY)
        return (struct db_value){.type = DB_ABSENT};
    snprintf(key, sizeof key, "%zu", index);
    return db_field(&view, key);
}

struct db_value db_member(const struct db_value *object, const char *path)
{
    struct db_document view = {(const char *)object->raw, object->length};

    if (object->type != DB_OBJECT)
        return (struct db_value){.type = DB_ABSENT};
    return db_field(&view, path);
}

struct db_value *db_items(const struct db_value *array, size_t *count)
{
    struct db_value *items = NULL;
    bson_t view;
    bson_iter_t at;

    *count = 0;
    if (array->type != DB_ARRAY || !bson_init_static(&view, array->raw, array->length) ||
        !bson_iter_init(&at, &view))
        return NULL;
    while (bson_iter_next(&at)) {
        if ((*count & (*count - 1)) == 0) /* 0, 1, 2, 4 …: double the room */
            items = mem_grow(items, (2 * *count + 1) * sizeof *items);
        items[(*count)++] = value_at(&at);
    }
    return items;
}

const char *db_type_name(const struct db_value *value)
{
    static const char *const names[] = {
        [DB_ABSENT] = "missing", [DB_NULL] = "null",   [DB_BOOL] = "bool",
        [DB_DOUBLE] = "double",  [DB_TEXT] = "string", [DB_DATE] = "date",
        [DB_ID] = "objectId",    [DB_ARRAY] = "array", [DB_OBJECT] = "object",
        [DB_BINARY] = "binData",
    };

    switch (value->bson_type) {
    case BSON_TYPE_UNDEFINED:
        return "undefined";
    case BSON_TYPE_REGEX:
        return "regex";
    case BSON_TYPE_DBPOINTER:
        return "dbPointer";
    case BSON_TYPE_CODE:
        return "javascript";
    case BSON_TYPE_SYMBOL:
        return "symbol";
    case BSON_TYPE_CODEWSCOPE:
        return "javascriptWithScope";
    case BSON_TYPE_TIMESTAMP:
        return "timestamp";
    case BSON_TYPE_DECIMAL128:
        return "decimal";
    case BSON_TYPE_MAXKEY:
        return "maxKey";
    case BSON_TYPE_MINKEY:
        return "minKey";
    default:
        break;
    }
    if (value->type == DB_INT)
        return value->bson_type == BSON_TYPE_INT32 ? "int" : "long";
    return names[value->type] != NULL ? names[value->type] : "unknown";
}

void db_id_text(const struct db_value *value, char text[DB_ID_TEXT_SIZE])
{
    bson_oid_t id;

    text[0] = '\0';
    if (value->type != DB_ID)
        return;
    bson_oid_init_from_data(&id, value->raw);
    bson_oid_to_string(&id, text);
}

struct db_value db_text(const char *text)
{
    struct db_value value = {.type = DB_TEXT, .bson_type = BSON_TYPE_UTF8};

    value.text = text;
    value.length = strlen(text);
    return value;
}

/*
 * What libbson has no plain append for: let it read a document of this one element, and copy that.
 */
static bool append_raw(const struct db_value *value, const char *key, bson_t *to)
{
    static const uint8_t empty[] = {5, 0, 0, 0, 0};
    size_t size = sizeof(empty) + 2 + value->length;
    uint8_t *data = mem_zero(size, 1);
    uint32_t length = BSON_UINT32_TO_LE((uint32_t)size);
    bson_t document;
    bson_iter_t at;
    bool done = false;

    memcpy(data, &length, sizeof(length));
    data[sizeof(length)] = (uint8_t)value->bson_type;
    if (value->length > 0)
        memcpy(data + sizeof(length) + 2, value->raw, value->length);
    done = bson_init_static(&document, data, size) && bson_iter_init(&at, &document) &&
           bson_iter_next(&at) && bson_append_iter(to, key, -1, &at);
    mem_free(data);
    return done;
}

static bool append_compound(const struct db_value *value, const char *key, bson_t *to)
{
    bson_t child;

    if (!bson_init_static(&child, value->raw, value->length))
        return false;
    return value->type == DB_ARRAY ? bson_append_array(to, key, -1, &child)
                                   : bson_append_document(to, key, -1, &child);
}

static bool append_int(const struct db_value *value, const char *key, bson_t *to)
{
    if (value->bson_type == BSON_TYPE_INT32)
        return bson_append_int32(to, key, -1, (int32_t)value->integer);
    return bson_append_int64(to, key, -1, value->integer);
}

static bool append_id(const struct db_value *value, const char *key, bson_t *to)
{
    bson_oid_t id;

    bson_oid_init_from_data(&id, value->raw);
    return bson_append_oid(to, key, -1, &id);
}

bool db_value_append(const struct db_value *value, const char *key, bson_t *to)
{
    if (value->length > INT_MAX)
        return false;
    switch (value->type) {
    case DB_NULL:
        return bson_append_null(to, key, -1);
    case DB_BOOL:
        return bson_append_bool(to, key, -1, value->boolean);
    case DB_INT:
        return append_int(value, key, to);
    case DB_DOUBLE:
        return bson_append_double(to, key, -1, value->number);
    case DB_TEXT:
        return bson_append_utf8(to, key, -1, value->text, (int)value->length);
    case DB_DATE:
        return bson_append_date_time(to, key, -1, value->integer);
    case DB_ID:
        return append_id(value, key, to);
    case DB_ARRAY:
    case DB_OBJECT:
        return append_compound(value, key, to);
    case DB_BINARY:
        return bson_append_binary(to, key, -1, (bson_subtype_t)value->subtype, value->raw,
                                  (uint32_t)value->length);
    case DB_OTHER:
        return append_raw(value, key, to);
    case DB_ABSENT:
        break;
    }
    return false;
}

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

static struct db_document *document_of_bytes(const void *bytes, size_t length)
{
    struct db_document *document = mem_alloc(sizeof(*document) + length + 1);

    memcpy(document->own, bytes, length);
    document->own[length] = '\0';
    document->data = document->own;
    document->length = length;
    return document;
}

struct db_document *db_document_copy(const bson_t *from)
{
    return document_of_bytes(bson_get_data(from), from->len);
}

struct db_document *db_document_new(const struct db_builder *builder)
{
    return db_document_copy(builder->document);
}

struct db_document *db_document_dup(const struct db_document *document)
{
    return document_of_bytes(document->data, document->length);
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
    mem_free(document);
}
