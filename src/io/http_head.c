/* SPDX-License-Identifier: MIT */
#include "io/http_head.h"

#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/text.h"

#define NUMBER_MAX 1000000000L

const char *http_head_line(const char *line, size_t size, const char *name, size_t *length)
{
    size_t skip = strlen(name);

    if (size <= skip || line[skip] != ':' || strncasecmp(line, name, skip) != 0)
        return NULL;
    for (skip++; skip < size && (line[skip] == ' ' || line[skip] == '\t'); skip++)
        ;
    while (size > skip && strchr(" \t\r\n", line[size - 1]) != NULL)
        size--;
    *length = size - skip;
    return line + skip;
}

static bool holds_words(const char *value, size_t length, const char *words)
{
    size_t wanted = strlen(words);

    for (size_t i = 0; i + wanted <= length; i++)
        if (strncasecmp(value + i, words, wanted) == 0)
            return true;
    return false;
}

/* What the next line of that name behind *at says, which moves on; NULL where there is none. */
static const char *next_value(const struct buf *head, const char *name, size_t *at, size_t *length)
{
    while (*at < head->length) {
        const char *line = head->data + *at;
        const char *end = memchr(line, '\n', head->length - *at);
        size_t size = end != NULL ? (size_t)(end - line) + 1 : head->length - *at;
        const char *value = http_head_line(line, size, name, length);

        *at += size;
        if (value != NULL)
            return value;
    }
    return NULL;
}

bool http_head_says(const struct buf *head, const char *name, const char *words)
{
    const char *value = NULL;
    size_t at = 0;
    size_t length = 0;

    while ((value = next_value(head, name, &at, &length)) != NULL)
        if (holds_words(value, length, words))
            return true;
    return false;
}

long http_head_number(const struct buf *head, const char *name)
{
    size_t at = 0;
    size_t length = 0;
    const char *value = next_value(head, name, &at, &length);
    char *text = value != NULL ? mem_copy(value, length) : NULL;
    long number = -1;
    bool whole = text != NULL && text_number(text, 0, NUMBER_MAX, &number);

    mem_free(text);
    return whole ? number : -1;
}
