/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "format/format.h"

/*
 * What mongosh (and the old mongo) print for a document is JavaScript: names with or without
 * quotes, strings in any of three quotes, perhaps in pieces joined by "+", and calls such as
 * ObjectId('…'). Only text of the outermost object is kept.
 */
#define DEPTH_MAX 32
#define WORD "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_$.-"

static bool skip_value(const char **at, int depth);

static void skip_space(const char **at)
{
    *at += strspn(*at, " \t\r\n");
}

static bool is_quote(char c)
{
    return c == '"' || c == '\'' || c == '`';
}

/* One string, or several with "+" between them. */
static bool read_string(const char **at, struct buf *value)
{
    do {
        skip_space(at);
        if (!is_quote(**at) || !escaped_read(at, ESCAPED_JS, value))
            return false;
        skip_space(at);
    } while (scan_text(at, "+"));
    return true;
}

/* name "," name … up to the closing bracket; each element may be anything. */
static bool skip_list(const char **at, char closing, int depth)
{
    ++*at;
    for (;;) {
        skip_space(at);
        if (**at == closing) {
            ++*at;
            return true;
        }
        if (!skip_value(at, depth + 1))
            return false;
        skip_space(at);
        if (**at == ':') {
            ++*at;
            if (!skip_value(at, depth + 1))
                return false;
            skip_space(at);
        }
        if (!scan_text(at, ",") && **at != closing)
            return false;
    }
}

static bool skip_value(const char **at, int depth)
{
    struct buf ignored = BUF_EMPTY(BUF_MAX);
    bool done = depth < DEPTH_MAX;
    size_t length = 0;

    skip_space(at);
    if (done && is_quote(**at)) {
        done = read_string(at, &ignored);
    } else if (done && (**at == '{' || **at == '[')) {
        done = skip_list(at, **at == '{' ? '}' : ']', depth);
    } else if (done) {
        if (scan_text(at, "new "))
            skip_space(at);
        length = strspn(*at, WORD);
        *at += length;
        done = length > 0 && (**at != '(' || skip_list(at, ')', depth));
    }
    buf_free(&ignored);
    return done;
}

static bool read_key(const char **at, struct buf *key)
{
    skip_space(at);
    if (is_quote(**at)) {
        if (!escaped_read(at, ESCAPED_JS, key))
            return false;
    } else {
        size_t length = strspn(*at, WORD);

        if (length == 0)
            return false;
        buf_add(key, *at, length);
        *at += length;
    }
    skip_space(at);
    return scan_text(at, ":");
}

static bool read_field(const char **at, struct pairs *pairs)
{
    struct buf key = BUF_EMPTY(BUF_MAX);
    struct buf value = BUF_EMPTY(BUF_MAX);
    bool done = read_key(at, &key);

    skip_space(at);
    if (done && is_quote(**at)) {
        done = read_string(at, &value);
        if (done)
            pairs_add(pairs, buf_text(&key), key.length, buf_take(&value));
    } else if (done) {
        done = skip_value(at, 0);
    }
    buf_free(&key);
    buf_free(&value);
    return done;
}

static bool read_document(const char **at, struct pairs *pairs)
{
    if (!scan_text(at, "{"))
        return false;
    for (;;) {
        skip_space(at);
        if (scan_text(at, "}"))
            return true;
        if (!read_field(at, pairs))
            return false;
        skip_space(at);
        if (!scan_text(at, ",") && **at != '}')
            return false;
    }
}

bool mongosh_decode(const char *text, struct pairs *pairs)
{
    bool in_list = false;

    skip_space(&text);
    in_list = scan_text(&text, "[");
    skip_space(&text);
    if (!read_document(&text, pairs))
        return false;
    skip_space(&text);
    if (in_list) {
        scan_text(&text, ",");
        skip_space(&text);
        if (!scan_text(&text, "]"))
            return false;
        skip_space(&text);
    }
    return *text == '\0';
}
