/* SPDX-License-Identifier: MIT */
#include "io/json.h"

#include <jansson.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

#define MODEST_NUMBER 15 /* digits: shorter ones fit everywhere */

/* Jansson's macro of this name would hide our function. */
#undef json_is_true

static json_t *inside(const struct json *value)
{
    return (json_t *)(uintptr_t)value;
}

static struct json *outside(json_t *value)
{
    return (struct json *)value;
}

void json_begin(void)
{
    /* Where memory runs out we end, so no value below is ever missing. */
    json_set_alloc_funcs(mem_alloc, mem_free);
}

/* Jansson's own messages quote the text. */
static const char *reason(enum json_error_code code)
{
    switch (code) {
    case json_error_premature_end_of_input:
        return "the text ends before the value does";
    case json_error_end_of_input_expected:
        return "something stands behind the value";
    case json_error_invalid_utf8:
        return "not UTF-8";
    case json_error_null_character:
    case json_error_null_byte_in_key:
        return "a NUL character";
    case json_error_duplicate_key:
        return "a key stands twice in one object";
    case json_error_numeric_overflow:
        return "a number is too large";
    case json_error_stack_overflow:
        return "nested too deeply";
    default:
        return "not JSON";
    }
}

static struct json *parse_with(const char *bytes, size_t length, size_t flags, const char *what,
                               struct error *error)
{
    json_error_t why = {0};
    json_t *value = json_loadb(bytes != NULL ? bytes : "", bytes != NULL ? length : 0,
                               flags | JSON_DECODE_ANY, &why);

    if (value == NULL) {
        error_set(error, ERROR_USAGE, "%s: line %d, column %d: %s", what, why.line, why.column,
                  reason(json_error_code(&why)));
    }
    /* Its text and its source can hold content. */
    mem_wipe(&why, sizeof(why));
    return outside(value);
}

struct json *json_parse(const char *bytes, size_t length, const char *what, struct error *error)
{
    return parse_with(bytes, length, JSON_REJECT_DUPLICATES, what, error);
}

struct json *json_parse_file(const char *text, size_t length, const char *what, struct error *error)
{
    const char *begin = text_behind_mark(text);

    return json_parse(begin, length - (size_t)(begin - text), what, error);
}

/* How many bytes a number takes that Python knows: JSON's, or one of three words; 0 for none. */
static size_t python_number(const char *text)
{
    static const char *const words[] = {"NaN", "Infinity", "-Infinity"};
    static const char digits[] = "0123456789";
    const char *at = text + (*text == '-');
    size_t whole = strspn(at, digits);

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (text_starts(text, words[i]))
            return strlen(words[i]);
    if (whole == 0 || (whole > 1 && *at == '0'))
        return 0;
    at += whole;
    if (at[0] == '.' && strspn(at + 1, digits) > 0)
        at += 1 + strspn(at + 1, digits);
    if (*at == 'e' || *at == 'E') {
        const char *power = at + 1 + (at[1] == '+' || at[1] == '-');

        if (strspn(power, digits) > 0)
            at = power + strspn(power, digits);
    }
    return (size_t)(at - text);
}

/* Numbers that Jansson would refuse become zeros, what follows keeps its place. */
static void tame_numbers(char *text)
{
    bool inside = false;

    for (char *at = text; *at != '\0'; at++) {
        size_t length = inside ? 0 : python_number(at);

        if (*at == '"')
            inside = !inside;
        else if (inside && *at == '\\' && at[1] != '\0')
            at++;
        /* A letter: a power, or one of the three words. */
        if (length > MODEST_NUMBER || (length > 0 && strcspn(at, "eEfN") < length)) {
            memset(at, ' ', length);
            *at = '0';
        }
        at += length > 0 ? length - 1 : 0;
    }
}

struct json *json_parse_python(const char *bytes, size_t length, const char *what,
                               struct error *error)
{
    char *tame = NULL;
    struct json *value = NULL;

    if (length >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0) {
        error_set(error, ERROR_USAGE, "%s: it begins with a byte order mark, which Pritunl refuses",
                  what);
        return NULL;
    }
    tame = mem_copy(bytes != NULL ? bytes : "", length);
    tame_numbers(tame);
    value = parse_with(tame, length, JSON_ALLOW_NUL, what, error);
    mem_free(tame);
    return value;
}

struct json *json_parse_next(const char **at, const char *what, int above, struct error *error)
{
    json_error_t why = {0};
    json_t *value =
        json_loads(*at, JSON_DISABLE_EOF_CHECK | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, &why);

    if (value != NULL)
        *at += why.position;
    else
        error_set(error, ERROR_USAGE, "%s: line %d, column %d: %s", what, above + why.line,
                  why.column, reason(json_error_code(&why)));
    mem_wipe(&why, sizeof why);
    return outside(value);
}

void json_free(struct json *value)
{
    json_decref(inside(value));
}

struct json *json_share(const struct json *value)
{
    return outside(json_incref(inside(value)));
}

struct json *json_make_object(void)
{
    return outside(json_object());
}

struct json *json_make_array(void)
{
    return outside(json_array());
}

struct json *json_make_text(const char *text)
{
    return text != NULL ? json_make_text_sized(text, strlen(text)) : outside(json_null());
}

/* A copy in which each byte that is not UTF-8 is a '?'; as long as bytes, and a NUL behind it. */
static char *repair(const char *bytes, size_t length)
{
    char *text = mem_copy(bytes, length);
    size_t size = 0;

    for (size_t i = 0; i<length; i += size> 0 ? size : 1) {
        size = text_decode(text + i, length - i, NULL);
        if (size == 0)
            text[i] = '?';
    }
    return text;
}

struct json *json_make_text_sized(const char *bytes, size_t length)
{
    json_t *value = json_stringn(bytes, length);
    char *text = NULL;

    if (value == NULL) {
        text = repair(bytes, length);
        value = json_stringn(text, length);
        mem_free(text);
    }
    return outside(value);
}

void json_put(struct json *object, const char *key, struct json *value)
{
    json_t *given = value != NULL ? inside(value) : json_null();
    char *valid = repair(key, strlen(key));

    json_object_set_new(inside(object), valid, given);
    mem_free(valid);
}

void json_put_text(struct json *object, const char *key, const char *text)
{
    json_put(object, key, json_make_text(text));
}

void json_put_bool(struct json *object, const char *key, bool value)
{
    json_put(object, key, outside(json_boolean(value)));
}

void json_put_int(struct json *object, const char *key, int64_t value)
{
    json_put(object, key, outside(json_integer(value)));
}

void json_put_null(struct json *object, const char *key)
{
    json_put(object, key, outside(json_null()));
}

void json_add(struct json *array, struct json *value)
{
    json_array_append_new(inside(array), value != NULL ? inside(value) : json_null());
}

const struct json *json_get(const struct json *object, const char *key)
{
    return outside(json_object_get(inside(object), key));
}

const struct json *json_at(const struct json *array, size_t index)
{
    return outside(json_array_get(inside(array), index));
}

size_t json_count(const struct json *container)
{
    json_t *value = inside(container);

    return json_is_object(value) ? json_object_size(value) : json_array_size(value);
}

enum json_type json_type_of(const struct json *value)
{
    if (value == NULL)
        return JSON_ABSENT;
    switch (json_typeof(inside(value))) {
    case JSON_OBJECT:
        return JSON_MAP;
    case JSON_ARRAY:
        return JSON_LIST;
    case JSON_STRING:
        return JSON_TEXT;
    case JSON_INTEGER:
        return JSON_INT;
    case JSON_REAL:
        return JSON_DOUBLE;
    case JSON_TRUE:
    case JSON_FALSE:
        return JSON_BOOL;
    case JSON_NULL:
        break;
    }
    return JSON_NULL_VALUE;
}

const char *json_text(const struct json *value, size_t *length)
{
    if (length != NULL)
        *length = json_string_length(inside(value));
    return json_string_value(inside(value));
}

bool json_is_true(const struct json *value)
{
    return value != NULL && json_typeof(inside(value)) == JSON_TRUE;
}

int64_t json_int(const struct json *value, int64_t otherwise)
{
    json_t *number = inside(value);

    return json_is_integer(number) ? json_integer_value(number) : otherwise;
}

bool json_each(const struct json *object,
               bool (*visit)(void *context, const char *key, const struct json *value),
               void *context)
{
    json_t *map = inside(object);

    for (void *i = json_object_iter(map); i != NULL; i = json_object_iter_next(map, i))
        if (!visit(context, json_object_iter_key(i), outside(json_object_iter_value(i))))
            return false;
    return true;
}

static bool append_escaped(uint32_t point, struct buf *out)
{
    if (point < 0x10000)
        return buf_add_format(out, "\\u%04X", (unsigned)point);
    point -= 0x10000;
    return buf_add_format(out, "\\u%04X\\u%04X", (unsigned)(0xd800 + (point >> 10)),
                          (unsigned)(0xdc00 + (point & 0x3ff)));
}

/*
 * Jansson escapes C0 only. What else a terminal would obey, or would not show, can stand in strings
 * alone, and Jansson cuts its pieces between characters, so it can be escaped here.
 */
struct escaping {
    struct buf *out;
    bool invisible; /* is escaped as well */
};

static int append_bytes_to(const char *piece, size_t length, void *context)
{
    const struct escaping *escaping = context;
    struct buf *out = escaping->out;
    size_t size = 0;
    size_t from = 0;
    bool added = true;

    for (size_t i = 0; added && i < length; i += size) {
        uint32_t point = 0;

        size = text_decode(piece + i, length - i, &point);
        size = size > 0 ? size : 1;
        if (point >= 0x7f &&
            (text_is_control(point) || (escaping->invisible && text_is_invisible(point)))) {
            added = buf_add(out, piece + from, i - from) && append_escaped(point, out);
            from = i + size;
        }
    }
    return added && buf_add(out, piece + from, length - from) ? 0 : -1;
}

bool json_write(const struct json *value, unsigned indent, struct buf *out)
{
    struct escaping escaping = {out, true};

    return json_dump_callback(inside(value), append_bytes_to, &escaping,
                              JSON_INDENT(indent) | JSON_ENCODE_ANY) == 0;
}

bool json_write_value(const struct json *value, struct buf *out)
{
    struct escaping escaping = {out, false};

    return json_dump_callback(inside(value), append_bytes_to, &escaping, JSON_ENCODE_ANY) == 0;
}
