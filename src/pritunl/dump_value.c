/* SPDX-License-Identifier: MIT */
#include "pritunl/dump_value.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"

#define WHOLE_MAX 9007199254740992.0 /* 2 to the power of 53: up to there a double counts */

/* A truth or a number, which JSON has only inside of something. */
static struct json *unheld(struct json *holder)
{
    struct json *value = json_share(json_get(holder, "v"));

    json_free(holder);
    return value;
}

static struct json *number_value(int64_t integer)
{
    struct json *holder = json_make_object();

    json_put_int(holder, "v", integer);
    return unheld(holder);
}

/* Of a double that is whole, which is what a shell writes, the whole number. */
static struct json *double_value(double number)
{
    char text[32] = "";
    struct json *value = NULL;
    struct error ignored;

    if (number >= -WHOLE_MAX && number <= WHOLE_MAX && number == (double)(int64_t)number)
        return number_value((int64_t)number);
    snprintf(text, sizeof text, "%.17g", number);
    value = json_parse(text, strlen(text), "number", &ignored);
    return value != NULL ? value : json_make_text(NULL);
}

static struct json *list_value(const struct db_value *array)
{
    struct json *list = json_make_array();
    size_t count = 0;
    struct db_value *items = db_items(array, &count);

    for (size_t i = 0; i < count; i++)
        json_add(list, items[i].type == DB_ARRAY ? json_make_text(NULL) : dump_value(&items[i]));
    mem_free(items);
    return list;
}

struct json *dump_value(const struct db_value *value)
{
    struct json *holder = NULL;
    char id[DB_ID_TEXT_SIZE];

    switch (value->type) {
    case DB_TEXT:
        return json_make_text_sized(value->text, value->length);
    case DB_ID:
        db_id_text(value, id);
        return json_make_text(id);
    case DB_BOOL:
        holder = json_make_object();
        json_put_bool(holder, "v", value->boolean);
        return unheld(holder);
    case DB_INT:
        return number_value(value->integer);
    case DB_DOUBLE:
        return double_value(value->number);
    case DB_ARRAY:
        return list_value(value);
    default:
        return json_make_text(NULL);
    }
}

struct json *dump_object(const struct db_document *document, const char *const *fields)
{
    struct json *object = json_make_object();

    for (; *fields != NULL; fields++) {
        struct db_value value = db_field(document, text_equal(*fields, "id") ? "_id" : *fields);

        json_put(object, *fields, dump_value(&value));
    }
    return object;
}

/* Extended JSON's wrapping of one value taken off: {"$numberInt": "7"} is 7. */
static struct json *unwrap(const struct json *value)
{
    static const char *const numbers[] = {"$numberInt", "$numberLong", "$numberDouble"};
    const char *text = json_text(json_get(value, "$oid"), NULL);
    const struct json *date = json_get(value, "$date");
    char time[CLOCK_TEXT_SIZE];
    struct error ignored;
    struct json *number = NULL;

    if (text != NULL)
        return json_make_text(text);
    if (date != NULL) {
        number = unwrap(date);
        clock_text(json_int(number, 0), time);
        json_free(number);
        return json_make_text(time);
    }
    for (size_t i = 0; text == NULL && i < sizeof numbers / sizeof *numbers; i++)
        text = json_text(json_get(value, numbers[i]), NULL);
    number = text != NULL ? json_parse(text, strlen(text), "number", &ignored) : NULL;
    return number != NULL ? number : json_make_text(NULL);
}

static struct json *plain_of(const struct json *value);

static bool put_plain(void *context, const char *key, const struct json *value)
{
    if (!text_equal(key, "_id"))
        json_put(context, key, plain_of(value));
    return true;
}

static bool note_wrapping(void *context, const char *key, const struct json *value)
{
    (void)value;
    *(bool *)context = *key == '$';
    return false;
}

static struct json *plain_of(const struct json *value)
{
    struct json *made = NULL;
    bool wrapped = false;

    switch (json_type_of(value)) {
    case JSON_MAP:
        json_each(value, note_wrapping, &wrapped);
        if (wrapped)
            return unwrap(value);
        made = json_make_object();
        json_each(value, put_plain, made);
        return made;
    case JSON_LIST:
        made = json_make_array();
        for (size_t i = 0; i < json_count(value); i++)
            json_add(made, plain_of(json_at(value, i)));
        return made;
    default:
        return json_share(value);
    }
}

struct json *dump_whole(const struct db_document *document)
{
    char *text = db_document_to_json(document);
    struct error ignored;
    struct json *value = text != NULL ? json_parse(text, strlen(text), "document", &ignored) : NULL;
    struct json *plain = value != NULL ? plain_of(value) : NULL;

    json_free(value);
    mem_free(text);
    return plain;
}
