/* SPDX-License-Identifier: MIT */
#include "format/pairs.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"

#define PLAIN "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./:@%+=,-"
#define NAME_START "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"
#define NAME_REST NAME_START "0123456789"

struct pair *pairs_add(struct pairs *pairs, const char *name, size_t length, char *value)
{
    struct pair *pair = NULL;

    if (pairs->group_count == 0)
        pairs_group(pairs, "");
    if ((pairs->count & (pairs->count - 1)) == 0) /* 0, 1, 2, 4 …: double the room */
        pairs->items = mem_grow(pairs->items, (2 * pairs->count + 1) * sizeof *pairs->items);
    pair = &pairs->items[pairs->count++];
    *pair = (struct pair){.name = mem_copy(name, length), .value = value};
    pair->group = pairs->group_count - 1;
    return pair;
}

struct pair *pairs_fault(struct pairs *pairs, const char *name, size_t length, const char *fault)
{
    struct pair *pair = pairs_add(pairs, name, length, NULL);

    pair->fault = fault;
    return pair;
}

void pairs_group(struct pairs *pairs, const char *label)
{
    if ((pairs->group_count & (pairs->group_count - 1)) == 0)
        pairs->labels =
            mem_grow(pairs->labels, (2 * pairs->group_count + 1) * sizeof *pairs->labels);
    pairs->labels[pairs->group_count++] = mem_text(label);
}

struct pair *pairs_find(struct pair *items, size_t count, const char *name)
{
    for (size_t i = count; i > 0; i--)
        if (text_equal(items[i - 1].name, name))
            return &items[i - 1];
    return NULL;
}

const char *pairs_get(const struct pairs *pairs, const char *name)
{
    const struct pair *pair = pairs_find(pairs->items, pairs->count, name);

    return pair != NULL ? pair->value : NULL;
}

void pairs_cut(struct pairs *pairs, size_t count)
{
    while (pairs->count > count) {
        pairs->count--;
        mem_free(pairs->items[pairs->count].name);
        mem_free(pairs->items[pairs->count].value);
    }
}

void pairs_number(struct pairs *pairs, const char *text)
{
    size_t line = 1;

    for (size_t i = 0; i < pairs->count; i++) {
        for (; text < pairs->items[i].at; text++)
            line += *text == '\n';
        pairs->items[i].line = pairs->items[i].at != NULL ? line : 0;
        pairs->items[i].at = NULL;
    }
}

bool pairs_fail(struct pairs *pairs, const char *fault)
{
    pairs->fault = fault;
    return false;
}

void pairs_clear(struct pairs *pairs)
{
    pairs_cut(pairs, 0);
    for (size_t i = 0; i < pairs->group_count; i++)
        mem_free(pairs->labels[i]);
    mem_free(pairs->labels);
    mem_free(pairs->items);
    *pairs = (struct pairs){0};
}

bool scan_text(const char **at, const char *word)
{
    if (!text_starts(*at, word))
        return false;
    *at += strlen(word);
    return true;
}

void scan_blanks(const char **at)
{
    *at += strspn(*at, " \t");
}

bool scan_end(const char **at)
{
    const char *p = *at;

    scan_blanks(&p);
    if (*p == '\r' && (p[1] == '\n' || p[1] == '\0'))
        p++;
    if (*p != '\n' && *p != '\0')
        return false;
    *at = *p == '\n' ? p + 1 : p;
    return true;
}

bool scan_name(const char **at, const char **name, size_t *length)
{
    if (strspn(*at, NAME_START) == 0)
        return false;
    *name = *at;
    *length = strspn(*at, NAME_REST);
    *at += *length;
    return true;
}

bool scan_plain(const char **at, struct buf *value)
{
    size_t length = strspn(*at, PLAIN);

    buf_add(value, *at, length);
    *at += length;
    return length > 0;
}

void scan_empty(const char **at, const char *comments)
{
    for (;;) {
        const char *p = *at;

        scan_blanks(&p);
        if (*p != '\0' && strchr(comments, *p) != NULL)
            p += strcspn(p, "\n");
        else if (*p == '\0')
            return;
        if (!scan_end(&p))
            return;
        *at = p;
    }
}

bool is_plain_text(const char *value)
{
    return value[strspn(value, PLAIN)] == '\0';
}
