/* SPDX-License-Identifier: MIT */
#include "io/db_internal.h"

#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"

#define NEEDLES_MAX 64
#define NEEDLE_SHORT 4 /* shorter ones occur in ordinary words */

struct needles {
    char *at[NEEDLES_MAX]; /* longest first */
    size_t count;
    bool full;
};

static void add_one(struct needles *needles, const char *text, size_t length)
{
    size_t place = 0;

    if (length == 0)
        return;
    if (needles->count == NEEDLES_MAX) {
        needles->full = true;
        return;
    }
    while (place < needles->count && strlen(needles->at[place]) >= length)
        place++;
    memmove(&needles->at[place + 1], &needles->at[place],
            (needles->count - place) * sizeof(needles->at[0]));
    needles->at[place] = mem_copy(text, length);
    needles->count++;
}

/* As it stands in the URI, and decoded. */
static void add(struct needles *needles, const char *text, size_t length)
{
    char *raw = mem_copy(text, length);
    char *decoded = mongoc_uri_unescape(raw);

    add_one(needles, raw, length);
    if (decoded != NULL && strcmp(decoded, raw) != 0)
        add_one(needles, decoded, strlen(decoded));
    bson_free(decoded);
    mem_free(raw);
}

static void add_user(struct needles *needles, const char *rest)
{
    size_t authority = strcspn(rest, "/?");
    const char *at = memrchr(rest, '@', authority);
    const char *colon = NULL;

    if (at == NULL)
        return;
    colon = memchr(rest, ':', (size_t)(at - rest));
    add(needles, rest, (size_t)(at - rest));
    if (colon != NULL) {
        add(needles, rest, (size_t)(colon - rest));
        add(needles, colon + 1, (size_t)(at - colon - 1));
    }
}

/* "AWS_SESSION_TOKEN:…,CANONICALIZE_HOST_NAME:true" */
static void add_properties(struct needles *needles, const char *value, size_t length)
{
    const char *end = value + length;

    while (value < end) {
        size_t item = strcspn(value, ",&;");
        const char *colon = memchr(value, ':', item);

        if (colon != NULL && text_starts(value, "AWS_SESSION_TOKEN"))
            add(needles, colon + 1, item - (size_t)(colon + 1 - value));
        value += item + 1;
    }
}

static void add_options(struct needles *needles, const char *rest)
{
    const char *option = strchr(rest, '?');

    while (option != NULL) {
        const char *value = NULL;
        size_t length = strcspn(++option, "&;");
        size_t name = strcspn(option, "=&;");

        value = option + name + 1;
        if (name < length && (strncasecmp(option, "tlsCertificateKeyFilePassword", name) == 0 ||
                              strncasecmp(option, "sslClientCertificateKeyPassword", name) == 0))
            add(needles, value, length - name - 1);
        if (name < length && strncasecmp(option, "authMechanismProperties", name) == 0)
            add_properties(needles, value, length - name - 1);
        option = strpbrk(option, "&;");
    }
}

static bool is_too_short(const struct needles *needles, const char *text)
{
    for (size_t i = 0; i < needles->count; i++)
        if (strlen(needles->at[i]) < NEEDLE_SHORT && strstr(text, needles->at[i]) != NULL)
            return true;
    return needles->full;
}

/* The longest needle that text begins with. */
static size_t needle_at(const struct needles *needles, const char *text)
{
    for (size_t i = 0; i < needles->count; i++)
        if (text_starts(text, needles->at[i]))
            return strlen(needles->at[i]);
    return 0;
}

char *db_redact(const char *uri, const char *text)
{
    struct needles needles = {0};
    struct buf redacted = BUF_EMPTY(BUF_MAX);
    const char *rest = strstr(uri, "://");

    if (rest != NULL) {
        add_user(&needles, rest + 3);
        add_options(&needles, rest + 3);
    }
    while (*text != '\0' && !is_too_short(&needles, text)) {
        size_t length = needle_at(&needles, text);

        if (length > 0)
            buf_add_text(&redacted, "***");
        else
            buf_add(&redacted, text, 1);
        text += length > 0 ? length : 1;
    }
    if (*text != '\0')
        buf_free(&redacted);
    for (size_t i = 0; i < needles.count; i++)
        mem_free(needles.at[i]);
    return buf_take(&redacted);
}
