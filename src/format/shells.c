/* SPDX-License-Identifier: MIT */
#include "format/shells.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "format/find.h"
#include "format/format.h"

static struct pair *seen(struct pairs *pairs, const char *name)
{
    return pairs_find(pairs->items, pairs->count, name);
}

static void overrule(struct pair *pair, const struct pair *by)
{
    mem_free(pair->value);
    pair->value = mem_text(by->value);
    pair->fault = by->fault;
    pair->line = by->line;
}

/* A line that dotenv's readers take: does the shell see the same? */
static void compare_with_shell(struct pair *pair, const struct pair *other)
{
    if (other != NULL && pair->claim == CLAIM_SHELL)
        overrule(pair, other);
    else if (pair->fault != NULL || (other == NULL && pair->claim == CLAIM_LOOSE))
        return;
    else if (other == NULL)
        pair->fault = "a shell does not read it there: it stands in quotes or in other text";
    else if (other->fault != NULL)
        pair->fault = other->fault;
    else if (!text_equal(pair->value, other->value))
        pair->fault = "it is set more than once, or a shell takes it for something else";
}

/*
 * The last one counts for everybody, but not everybody sees the same lines where there are others
 * than assignments.
 */
static void check_repeated(const struct pairs *pairs, struct pair *last, bool is_script)
{
    for (const struct pair *pair = pairs->items; pair < last; pair++)
        if (text_equal(pair->name, last->name) && last->fault == NULL &&
            (pair->fault != NULL || !text_equal(pair->value, last->value)) &&
            (pair->fault != NULL || pairs->foreign || !is_script))
            last->fault = "it is set more than once, and not every reader sees the same lines";
}

/* The names that only the other one sees. */
static void add_unseen(struct pairs *pairs, const struct pairs *others, const struct sets *names)
{
    for (size_t i = 0; i < others->count; i++) {
        const struct pair *other = &others->items[i];
        struct pair *pair = NULL;

        if (!find_is_wanted(names, other->name) || seen(pairs, other->name) != NULL ||
            pairs_find(others->items, others->count, other->name) != other)
            continue;
        pair = pairs_add(pairs, other->name, strlen(other->name), NULL);
        overrule(pair, other);
        if (other->claim == CLAIM_ALL && pair->fault == NULL)
            pair->fault = "not every reader of such files sees it there";
    }
}

/* Two languages in one text: what both see must be the same. */
static void add_other(struct pairs *pairs, const struct pairs *others, const struct sets *names,
                      const char *differs)
{
    for (size_t i = 0; i < pairs->count; i++) {
        struct pair *pair = &pairs->items[i];
        const struct pair *other = pairs_find(others->items, others->count, pair->name);

        if (other != NULL && (other->fault != NULL || !text_equal(pair->value, other->value)))
            pair->fault = differs;
    }
    add_unseen(pairs, others, names);
    pairs->foreign = others->foreign;
}

bool shells_decode(const char *text, const struct sets *names, struct pairs *pairs)
{
    struct pairs sh = {0};
    struct pairs fish = {0};
    bool is_script = sh_decode(text, &sh);

    dotenv_decode(text, pairs);
    for (size_t i = 0; i < pairs->count; i++) {
        struct pair *pair = &pairs->items[i];

        if (!find_is_wanted(names, pair->name) || seen(pairs, pair->name) != pair)
            continue;
        if (is_script)
            compare_with_shell(pair, seen(&sh, pair->name));
        check_repeated(pairs, pair, is_script);
    }
    if (is_script)
        add_unseen(pairs, &sh, names);
    if (fish_decode(text, &fish) && find_holds(names, &fish))
        add_other(pairs, &fish, names, "fish takes it for something else");
    pairs_clear(&sh);
    pairs_clear(&fish);
    return find_holds(names, pairs);
}
