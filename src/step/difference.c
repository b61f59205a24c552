/* SPDX-License-Identifier: MIT */
#include "step/difference.h"

#include "base/mem.h"
#include "base/text.h"
#include "format/names.h"
#include "place/source.h"

static bool is_variable(const struct variables *variables, const char *name)
{
    for (size_t i = 0; i < variables->count; i++)
        if (text_equal(variables->items[i].name, name))
            return true;
    return false;
}

/* Values point into the pair, so that the pointer says which of the three one is. */
static void note_value(const struct variable *variable, const struct access *access,
                       struct difference *difference)
{
    if (variable->value == access->url)
        difference->parts[PART_URL] = true;
    else if (variable->value == access->token)
        difference->parts[PART_TOKEN] = true;
    else if (variable->value == access->secret)
        difference->parts[PART_SECRET] = true;
    else
        difference->names = true;
}

static void compare_pairs(const struct difference_place *place, const struct variables *variables,
                          const struct access *access, const struct pairs *pairs,
                          struct difference *difference)
{
    for (size_t i = 0; i < variables->count; i++) {
        const struct variable *variable = &variables->items[i];

        if (pairs_find(pairs->items, pairs->count, variable->name) == NULL)
            difference->names = true;
        else if (!text_equal(pairs_get(pairs, variable->name), variable->value))
            note_value(variable, access, difference);
    }
    /* What others have written into the same place is theirs. */
    for (size_t i = 0; i < pairs->count; i++)
        if ((place->place == FORMAT_FILE || place->place == FORMAT_DIRECTORY) &&
            names_is_known(place->names, pairs->items[i].name) &&
            !is_variable(variables, pairs->items[i].name))
            difference->names = true;
}

static bool is_any(const struct difference *difference)
{
    return difference->parts[PART_URL] || difference->parts[PART_TOKEN] ||
           difference->parts[PART_SECRET] || difference->names;
}

void difference_find(const struct difference_place *place, const struct variables *variables,
                     const struct access *access, struct difference *difference)
{
    const struct place source = {.rest = place->path,
                                 .names = &variables->sets,
                                 .connect_timeout_ms = place->connect_timeout_ms,
                                 .timeout_ms = place->timeout_ms,
                                 .silent = true};
    struct pairs pairs = {0};
    struct error ignored;
    bool read = place->place == FORMAT_SECRET ? source_aws(&source, &pairs, &ignored)
                                              : source_file(&source, &pairs, &ignored);

    if (read)
        compare_pairs(place, variables, access, &pairs, difference);
    else if (ignored.kind == ERROR_NOT_FOUND) /* nothing there, or none of the names */
        difference->names = true;
    difference->text = !is_any(difference);
    pairs_clear(&pairs);
}

/* What differs, by name; as many as there are. */
static size_t difference_names(const struct difference *difference,
                               const char *names[PART_COUNT + 3])
{
    size_t count = 0;

    if (difference->parts[PART_URL])
        names[count++] = "url";
    if (difference->parts[PART_TOKEN])
        names[count++] = "token";
    if (difference->parts[PART_SECRET])
        names[count++] = "secret";
    if (difference->names)
        names[count++] = "names";
    if (difference->certificate)
        names[count++] = "certificate";
    if (difference->text)
        names[count++] = "text";
    return count;
}

char *difference_text(const struct difference *difference)
{
    const char *names[PART_COUNT + 3] = {0};
    struct buf out = BUF_EMPTY(BUF_MAX);
    size_t count = difference_names(difference, names);

    for (size_t i = 0; i < count; i++)
        buf_add_format(&out, "%s%s", i > 0 ? ", " : "", names[i]);
    return buf_take(&out);
}

struct json *difference_json(const struct difference *difference)
{
    const char *names[PART_COUNT + 3] = {0};
    struct json *list = json_make_array();
    size_t count = difference_names(difference, names);

    for (size_t i = 0; i < count; i++)
        json_add(list, json_make_text(names[i]));
    return list;
}
