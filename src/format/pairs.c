/* SPDX-License-Identifier: MIT */
#include "format/pairs.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"

#define PLAIN "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./:@%+=,-"
#define NAME_START "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"
#define NAME_REST NAME_START "0123456789"

void pairs_add(struct pairs *pairs, const char *name, size_t length, char *value)
{
    if ((pairs->count & (pairs->count - 1)) == 0) /* 0, 1, 2, 4 …: double the room */
        pairs->items = mem_grow(pairs->items, (2 * pairs->count + 1) * sizeof *pairs->items);
    pairs->items[pairs->count++] = (struct pair){mem_copy(name, length), value};
}

const char *pairs_get(const struct pairs *pairs, const char *name)
{
    for (size_t i = pairs->count; i > 0; i--)
        if (text_equal(pairs->items[i - 1].name, name))
            return pairs->items[i - 1].value;
    return NULL;
}

void pairs_clear(struct pairs *pairs)
{
    for (size_t i = 0; i < pairs->count; i++) {
        mem_free(pairs->items[i].name);
        mem_free(pairs->items[i].value);
    }
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

bool scan_assignments(const char *text, scan_assignment *scan, struct pairs *pairs)
{
    for (;;) {
        struct buf value = BUF_EMPTY(BUF_MAX);
        const char *name = NULL;
        size_t length = 0;

        scan_empty(&text, "#");
        if (*text == '\0')
            return true;
        if (!scan(&text, &name, &length, &value) || !scan_end(&text)) {
            buf_free(&value);
            return false;
        }
        pairs_add(pairs, name, length, buf_take(&value));
    }
}

bool is_plain_text(const char *value)
{
    return value[strspn(value, PLAIN)] == '\0';
}
