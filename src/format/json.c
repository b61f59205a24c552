/* SPDX-License-Identifier: MIT */
#include "io/json.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "format/format.h"
#include "io/crypto.h"

bool json_encode(const struct variable *variable, struct buf *out)
{
    struct json *value = NULL;
    bool done = false;

    if (!text_is_utf8(variable->value, strlen(variable->value)))
        return false;
    value = json_make_text(variable->value);
    done = buf_add_format(out, "    \"%s\": ", variable->name) && json_write(value, 0, out);
    json_free(value);
    return done;
}

/* What is no text is no value of ours; neither is one with a NUL. */
static bool take(void *context, const char *key, const struct json *value)
{
    struct pairs *pairs = context;
    size_t length = 0;
    const char *text = json_text(value, &length);

    if (text != NULL && memchr(text, '\0', length) == NULL)
        pairs_add(pairs, key, strlen(key), mem_copy(text, length));
    return true;
}

/* The data of a Secret is base64. */
static bool take_data(void *context, const char *key, const struct json *value)
{
    struct pairs *pairs = context;
    const char *text = json_text(value, NULL);
    char *decoded = text != NULL ? crypto_base64_text(text) : NULL;

    if (decoded == NULL)
        return false;
    pairs_add(pairs, key, strlen(key), decoded);
    return true;
}

bool json_decode(const char *text, struct pairs *pairs)
{
    struct error ignored;
    struct json *root = NULL;
    const struct json *object = NULL;
    bool done = false;

    text += strspn(text, " \t\r\n");
    if (*text != '{' && *text != '[')
        return false;
    root = json_parse(text, strlen(text), "", &ignored);
    object = json_type_of(root) == JSON_LIST && json_count(root) == 1 ? json_at(root, 0) : root;
    if (json_type_of(object) == JSON_MAP)
        done = text_equal(json_text(json_get(object, "kind"), NULL), "Secret")
                   ? json_each(json_get(object, "data"), take_data, pairs)
                   : json_each(object, take, pairs);
    json_free(root);
    return done;
}
