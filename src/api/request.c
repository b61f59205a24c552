/* SPDX-License-Identifier: MIT */
#include "api/request.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"

#define ALPHANUMERIC "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

static const char front_takes[] = ALPHANUMERIC "-+=_/,.~@#!& ";
static const char path_plain[] = ALPHANUMERIC "-+=_/,.~@!&";
static const char query_plain[] = ALPHANUMERIC "-_.~!$'()*,;:@/?&=+";
static const char value_plain[] = ALPHANUMERIC "-_.~";
static const char encoded_slash[] = "%2F";

bool request_method(const char *text, char method[REQUEST_METHOD_SIZE], struct error *error)
{
    size_t length = strlen(text);

    if (length == 0 || length >= REQUEST_METHOD_SIZE || strspn(text, ALPHANUMERIC "-_") != length ||
        isdigit((unsigned char)*text))
        return error_set(error, ERROR_USAGE, "%.*s: no method of HTTP, such as GET or PUT",
                         REQUEST_METHOD_SIZE, text);
    for (size_t i = 0; i <= length; i++)
        method[i] = (char)toupper((unsigned char)text[i]);
    return true;
}

static int escape_value(char letter)
{
    return isdigit((unsigned char)letter) ? letter - '0'
                                          : tolower((unsigned char)letter) - 'a' + 10;
}

static bool is_escape(const char *text)
{
    return text[0] == '%' && isxdigit((unsigned char)text[1]) && isxdigit((unsigned char)text[2]);
}

/* Append bytes, those outside plain as %XX; an escape that is there already stays. */
static void encode(const char *bytes, size_t length, const char *plain, bool escaped,
                   struct buf *out)
{
    for (size_t i = 0; i < length; i++) {
        bool stays = bytes[i] != '\0' && strchr(plain, bytes[i]) != NULL;

        if (stays || (escaped && i + 2 < length && is_escape(bytes + i)))
            buf_add(out, bytes + i, 1);
        else
            buf_add_format(out, "%%%02X", (unsigned)(unsigned char)bytes[i]);
    }
}

/* Percent-escapes become bytes, but for a slash's. */
static void decode(const char *text, size_t length, struct buf *out)
{
    for (size_t i = 0; i < length; i++) {
        char byte = text[i];

        if (i + 2 < length && is_escape(text + i)) {
            byte = (char)(escape_value(text[i + 1]) * 16 + escape_value(text[i + 2]));
            i += 2;
            if (byte == '/') {
                buf_add_text(out, encoded_slash);
                continue;
            }
        }
        buf_add(out, &byte, 1);
    }
}

static bool refuse_character(const char *text, size_t length, size_t at, struct error *error)
{
    uint32_t point = 0;
    size_t size = text_decode(text + at, length - at, &point);
    char shown[8] = "";

    if (text_starts(text + at, encoded_slash))
        return error_set(error, ERROR_USAGE,
                         "the path holds %%2F at byte %zu: the web front would take it for a slash",
                         at + 1);
    if (size > 0 && !text_is_control(point))
        memcpy(shown, text + at, size);
    else
        snprintf(shown, sizeof shown, "%%%02X", (unsigned)(unsigned char)text[at]);
    return error_set(
        error, ERROR_USAGE,
        "the path holds %s at byte %zu: the web front would take it out, and the signature would "
        "not match",
        shown, at + 1);
}

/* One segment, as the front would see it. */
static bool check_segment(const char *segment, size_t length, struct error *error)
{
    if (length == 0)
        return error_set(error, ERROR_USAGE,
                         "the path holds an empty segment (//): Pritunl knows no such path");
    if ((length == 1 && segment[0] == '.') || (length == 2 && memcmp(segment, "..", 2) == 0))
        return error_set(
            error, ERROR_USAGE,
            "the path holds the segment %.*s, which proxies resolve: name the path itself",
            (int)length, segment);
    if (length > REQUEST_SEGMENT_MAX)
        return error_set(error, ERROR_USAGE,
                         "a segment of the path has %zu bytes: the web front would cut it to %d",
                         length, REQUEST_SEGMENT_MAX);
    return true;
}

static bool check_decoded(const struct buf *decoded, struct error *error)
{
    const char *path = decoded->data;

    for (size_t i = 0; i < decoded->length; i++)
        if (path[i] == '\0' || strchr(front_takes, path[i]) == NULL)
            return refuse_character(path, decoded->length, i, error);
    for (const char *at = path; at[1] != '\0';) {
        size_t length = strcspn(at + 1, "/");

        if (!check_segment(at + 1, length, error))
            return false;
        at += 1 + length;
        if (*at == '\0')
            break;
    }
    return true;
}

bool request_path(const char *text, struct request_path *path, struct error *error)
{
    struct buf decoded = BUF_EMPTY(REQUEST_PATH_MAX);
    struct buf target = BUF_EMPTY(BUF_MAX);
    size_t length = strcspn(text, "?");

    *path = (struct request_path){0};
    if (*text != '/')
        return error_set(error, ERROR_USAGE, "a path begins with /, such as /status");
    path->trimmed = length > 1 && text[length - 1] == '/' && text[length - 2] != '/';
    decode(text, length - path->trimmed, &decoded);
    if (decoded.full)
        error_set(error, ERROR_USAGE, "the path is longer than %d bytes", REQUEST_PATH_MAX);
    if (decoded.full || !check_decoded(&decoded, error)) {
        buf_free(&decoded);
        return false;
    }
    encode(decoded.data, decoded.length, path_plain, false, &target);
    if (text[length] == '?' && text[length + 1] != '\0') {
        buf_add_text(&target, "?");
        encode(text + length + 1, strlen(text + length + 1), query_plain, true, &target);
    }
    path->target = buf_take(&target);
    path->decoded = buf_take(&decoded);
    return true;
}

void request_path_clear(struct request_path *path)
{
    mem_free(path->target);
    mem_free(path->decoded);
    *path = (struct request_path){0};
}

bool request_path_query(struct request_path *path, const char *pair, struct error *error)
{
    size_t key = strcspn(pair, "=");
    struct buf target = BUF_EMPTY(BUF_MAX);

    if (pair[key] == '\0' || key == 0)
        return error_set(error, ERROR_USAGE, "--query: NAME=VALUE is wanted");
    buf_add_format(&target, "%s%s", path->target, strchr(path->target, '?') != NULL ? "&" : "?");
    encode(pair, key, value_plain, false, &target);
    buf_add_text(&target, "=");
    encode(pair + key + 1, strlen(pair + key + 1), value_plain, false, &target);
    mem_free(path->target);
    path->target = buf_take(&target);
    return true;
}

bool request_path_is(const struct request_path *path, const char *first)
{
    size_t length = strcspn(path->decoded + 1, "/");

    return length == strlen(first) && memcmp(path->decoded + 1, first, length) == 0;
}

size_t request_path_depth(const struct request_path *path)
{
    size_t depth = 0;

    for (const char *p = path->decoded; *p != '\0'; p++)
        depth += *p == '/' && p[1] != '\0';
    return depth;
}

bool request_path_tells_secrets(const struct request_path *path)
{
    static const char *const paths[] = {"settings", "admin", "organization",
                                        "user",     "link",  "subscription"};

    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        if (request_path_is(path, paths[i]))
            return true;
    return false;
}
