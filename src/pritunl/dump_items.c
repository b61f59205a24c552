/* SPDX-License-Identifier: MIT */
#include "pritunl/dump_items.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define BLOCK_COST 16 /* of an allocator, beside what it gives */

static const char *const keys[] = {"name", "username", "id"};
#define KEY_COUNT (sizeof keys / sizeof *keys)

void dump_items_add(struct dump_items *items, const struct json *element)
{
    struct buf text = BUF_EMPTY(BUF_MAX);

    for (size_t i = 0; i < KEY_COUNT; i++) {
        const char *key = json_text(json_get(element, keys[i]), NULL);

        buf_add(&text, key != NULL ? key : "", key != NULL ? strlen(key) + 1 : 1);
    }
    json_write(element, 0, &text);
    if (items->count == items->size) {
        items->size = items->size == 0 ? 64 : 2 * items->size;
        items->items = mem_grow(items->items, items->size * sizeof *items->items);
    }
    items->items[items->count] =
        (struct dump_item){mem_copy(buf_text(&text), text.length), items->count};
    items->count++;
    items->bytes += text.length + 1 + BLOCK_COST + sizeof *items->items;
    buf_free(&text);
}

static int compare_items(const void *left, const void *right)
{
    const char *a = ((const struct dump_item *)left)->keys;
    const char *b = ((const struct dump_item *)right)->keys;
    int order = 0;

    for (size_t i = 0; order == 0 && i < KEY_COUNT; i++) {
        order = strcmp(a, b);
        a += strlen(a) + 1;
        b += strlen(b) + 1;
    }
    return order;
}

void dump_items_sort(struct dump_items *items)
{
    if (items->count > 1)
        qsort(items->items, items->count, sizeof *items->items, compare_items);
}

static const char *text_at(const struct dump_items *items, size_t index, size_t which)
{
    const char *at = items->items[index].keys;

    for (size_t i = 0; i < which; i++)
        at += strlen(at) + 1;
    return at;
}

const char *dump_items_text(const struct dump_items *items, size_t index)
{
    return text_at(items, index, KEY_COUNT);
}

const char *dump_items_id(const struct dump_items *items, size_t index)
{
    return text_at(items, index, KEY_COUNT - 1);
}

void dump_items_free(struct dump_items *items)
{
    for (size_t i = 0; i < items->count; i++)
        mem_free(items->items[i].keys);
    mem_free(items->items);
    *items = (struct dump_items){0};
}
