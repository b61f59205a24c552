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
static bool find(const uint8_t *data, size_t size, const char *key, size_t length, bson_iter_t *at)
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

        if (value.type != DB_OBJECT || !find(value.raw, value.length, key, length, &at))
            return absent;
        value = value_at(&at);
        if (key[length] == '\0')
            return value;
        key += length + 1;
    }
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
