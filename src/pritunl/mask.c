/* SPDX-License-Identifier: MIT */
#include "pritunl/mask.h"

#include <ctype.h>
#include <string.h>

#include "base/text.h"

#define NAME_MAX_LENGTH 128

static const char *const parts[] = {"secret", "password",    "passwd",
                                    "token",  "private_key", "otp_code"};
static const char *const ends[] = {"_key", "_pass", "_uri"};
static const char *const names[] = {"key", "pin", "sessions", "license", "uri", "sso_google_json"};

bool mask_is_secret(const char *name)
{
    char lower[NAME_MAX_LENGTH + 1];
    size_t length = strlen(name);

    if (length > NAME_MAX_LENGTH)
        return true;
    for (size_t i = 0; i <= length; i++)
        lower[i] = (char)tolower((unsigned char)name[i]);
    if (strstr(lower, "public_key") != NULL)
        return false;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (strstr(lower, parts[i]) != NULL)
            return true;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (text_ends(lower, ends[i]))
            return true;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (text_equal(lower, names[i]))
            return true;
    return false;
}

static struct json *masked_copy(const struct json *value, bool hide);

struct into {
    struct json *object;
    bool hide; /* everything below a secret's name is secret */
};

static bool add_masked(void *context, const char *key, const struct json *value)
{
    struct into *into = context;

    json_put(into->object, key, masked_copy(value, into->hide || mask_is_secret(key)));
    return true;
}

static struct json *masked_copy(const struct json *value, bool hide)
{
    struct json *list = NULL;
    struct into into = {.hide = hide};
    size_t length = 0;

    switch (json_type_of(value)) {
    case JSON_MAP:
        into.object = json_make_object();
        json_each(value, add_masked, &into);
        return into.object;
    case JSON_LIST:
        list = json_make_array();
        for (size_t i = 0; i < json_count(value); i++)
            json_add(list, masked_copy(json_at(value, i), hide));
        return list;
    case JSON_TEXT:
        json_text(value, &length);
        return hide && length > 0 ? json_make_text(MASK_TEXT) : json_share(value);
    case JSON_INT:
    case JSON_DOUBLE:
        return hide ? json_make_text(MASK_TEXT) : json_share(value);
    default:
        return json_share(value);
    }
}

struct json *mask_copy(const struct json *value)
{
    return masked_copy(value, false);
}
