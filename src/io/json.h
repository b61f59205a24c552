/* SPDX-License-Identifier: MIT */
/*
 * json.h - JSON that comes from outside, and the JSON that we answer (Jansson).
 *
 * Not for Extended JSON: MongoDB's own notation is io/db's.
 *
 * A struct json is one value, counted by reference underneath: what json_parse or json_make_*
 * returned is owned by the caller and ends with json_free(); json_put and json_add take over what
 * they are given; what json_get and json_at return belongs to the value it was found in.
 */
#ifndef IO_JSON_H
#define IO_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

struct json;

/* json_begin(): Jansson takes its memory from mem.h. Called once, before anything else of this. */
void json_begin(void);

/*
 * json_parse(bytes, length, what, error)
 *
 * One JSON value and nothing behind it; duplicate keys are refused. what names the text in the
 * error ("/etc/pritunl.conf"). NULL with ERROR_USAGE: the message holds line and column, never
 * content.
 */
struct json *json_parse(const char *bytes, size_t length, const char *what, struct error *error);

/*
 * json_parse_file(text, length, what, error): the same of a file that people edit, with a NUL
 * behind it: a byte order mark in front is passed over.
 */
struct json *json_parse_file(const char *text, size_t length, const char *what,
                             struct error *error);

/*
 * json_parse_python(bytes, length, what, error): what Python's json.loads takes: of a key that
 * stands twice the last counts, numbers may be of any size or NaN, Infinity and -Infinity (each
 * reads as 0 here), and a byte order mark is refused.
 */
struct json *json_parse_python(const char *bytes, size_t length, const char *what,
                               struct error *error);

/*
 * json_parse_next(at, what, above, error): one object or array of several behind each other, as
 * other programs write them: of a key that stands twice the last counts, and numbers may lose
 * digits. *at is behind it on success. above: lines above it, for the message.
 */
struct json *json_parse_next(const char **at, const char *what, int above, struct error *error);

void json_free(struct json *value);

/*
 * json_share(value): one more owner of the same value, to end with json_free(); nobody changes it
 * any more.
 */
struct json *json_share(const struct json *value);

struct json *json_make_object(void);
struct json *json_make_array(void);
struct json *json_make_text(const char *text); /* NULL: null; what is not UTF-8 becomes '?' */
struct json *json_make_text_sized(const char *bytes, size_t length);

/*
 * Into an object, under key; a key that is there is replaced. json_put takes value over. text NULL
 * puts null.
 */
void json_put(struct json *object, const char *key, struct json *value);
void json_put_text(struct json *object, const char *key, const char *text);
void json_put_bool(struct json *object, const char *key, bool value);
void json_put_int(struct json *object, const char *key, int64_t value);
void json_put_null(struct json *object, const char *key);

/* json_add(array, value): at the end; takes value over. */
void json_add(struct json *array, struct json *value);

enum json_type {
    JSON_ABSENT,
    JSON_NULL_VALUE,
    JSON_BOOL,
    JSON_INT,
    JSON_DOUBLE,
    JSON_TEXT,
    JSON_LIST,
    JSON_MAP
};

/*
 * json_get, json_at: NULL where there is none, or where the container is not one.
 * json_type_of(NULL) is JSON_ABSENT.
 */
const struct json *json_get(const struct json *object, const char *key);
const struct json *json_at(const struct json *array, size_t index);
size_t json_count(const struct json *container);
enum json_type json_type_of(const struct json *value);

/* json_text: the string (NUL-terminated; length where not NULL), or NULL for anything else. */
const char *json_text(const struct json *value, size_t *length);
bool json_is_true(const struct json *value);
int64_t json_int(const struct json *value, int64_t otherwise);

/*
 * json_each(object, visit, context): every key in the order of the text; stops when visit returns
 * false, and returns that.
 */
bool json_each(const struct json *object,
               bool (*visit)(void *context, const char *key, const struct json *value),
               void *context);

/*
 * json_write(value, indent, out): append the text, keys in the order they were put; indent 0 is one
 * line.
 */
bool json_write(const struct json *value, unsigned indent, struct buf *out);

/*
 * json_write_value(value, out): for a file that a program reads: invisible characters stay as they
 * are. False where out is full.
 */
bool json_write_value(const struct json *value, struct buf *out);

#endif
