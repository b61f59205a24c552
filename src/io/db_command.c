/* SPDX-License-Identifier: MIT */
#include "io/db_internal.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"

struct filling {
    const char *prefix;
    const struct db_param *params;
    size_t count;
    struct error *error;
};

static bool fill(const struct filling *filling, bson_iter_t *from, bson_t *to);

/* {"$param": "name"}: the name, or NULL where at is not an object of this one key. */
static const char *placeholder(const bson_iter_t *at, const char *key)
{
    bson_iter_t child;
    const char *name = NULL;

    if (!BSON_ITER_HOLDS_DOCUMENT(at) || !bson_iter_recurse(at, &child) || !bson_iter_next(&child))
        return NULL;
    if (strcmp(bson_iter_key(&child), key) != 0 || !BSON_ITER_HOLDS_UTF8(&child))
        return NULL;
    name = bson_iter_utf8(&child, NULL);
    return bson_iter_next(&child) ? NULL : name;
}

static bool fill_param(const struct filling *filling, const char *name, const char *key, bson_t *to)
{
    for (size_t i = 0; i < filling->count; i++)
        if (strcmp(filling->params[i].name, name) == 0 &&
            db_value_append(&filling->params[i].value, key, to))
            return true;
    return error_set(filling->error, ERROR_DATABASE,
                     "a query cannot be put together: it was given no value for %s", name);
}

static bool fill_collection(const struct filling *filling, const char *name, const char *key,
                            bson_t *to)
{
    char *full = text_format("%s%s", filling->prefix, name);
    bool done = bson_append_utf8(to, key, -1, full, -1);

    mem_free(full);
    return done;
}

static bool fill_compound(const struct filling *filling, const bson_iter_t *at, bson_t *to)
{
    const char *key = bson_iter_key(at);
    bson_iter_t from;
    bson_t child;
    bool done = false;

    bson_init(&child);
    if (bson_iter_recurse(at, &from) && fill(filling, &from, &child)) {
        done = BSON_ITER_HOLDS_ARRAY(at) ? bson_append_array(to, key, -1, &child)
                                         : bson_append_document(to, key, -1, &child);
    }
    bson_destroy(&child);
    return done;
}

static bool fill_one(const struct filling *filling, const bson_iter_t *at, bson_t *to)
{
    const char *key = bson_iter_key(at);
    const char *name = NULL;

    if ((name = placeholder(at, "$param")) != NULL)
        return fill_param(filling, name, key, to);
    if ((name = placeholder(at, "$collection")) != NULL)
        return fill_collection(filling, name, key, to);
    if (BSON_ITER_HOLDS_DOCUMENT(at) || BSON_ITER_HOLDS_ARRAY(at))
        return fill_compound(filling, at, to);
    return bson_append_iter(to, key, -1, at);
}

static bool fill(const struct filling *filling, bson_iter_t *from, bson_t *to)
{
    while (bson_iter_next(from))
        if (!fill_one(filling, from, to))
            return false;
    return true;
}

bool db_command_fill(const char *text, const char *prefix, const struct db_param *params,
                     size_t count, bson_t *command, struct error *error)
{
    struct filling filling = {.prefix = prefix, .params = params, .count = count, .error = error};
    bson_error_t why = {0};
    bson_t *pattern = NULL;
    bson_iter_t from;
    bool done = false;

    bson_init(command);
    error_set(error, ERROR_DATABASE, "a query cannot be put together");
    pattern = bson_new_from_json((const uint8_t *)text, -1, &why);
    if (pattern == NULL) {
        error_set(error, ERROR_DATABASE, "a query cannot be put together: %s", why.message);
        goto out;
    }
    done = bson_iter_init(&from, pattern) && fill(&filling, &from, command);
    if (done)
        *error = (struct error){0};
out:
    bson_destroy(pattern);
    return done;
}

/* libmongoc puts a message together on its stack before TLS takes it. */
static __attribute__((noinline)) void wipe_stack(void)
{
    uint8_t room[64 * 1024];

    mem_wipe(room, sizeof(room));
}

void db_command_end(bson_t *command)
{
    bson_destroy(command);
    mem_wipe(command, sizeof(*command)); /* a short document lies in the struct itself */
    wipe_stack();
}
