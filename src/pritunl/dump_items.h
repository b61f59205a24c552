/* SPDX-License-Identifier: MIT */
/*
 * dump_items.h - a list of the dump while it is put into its order: of each element the text that
 * is written and what it is sorted by, a fraction of what came.
 */
#ifndef PRITUNL_DUMP_ITEMS_H
#define PRITUNL_DUMP_ITEMS_H

#include <stddef.h>

#include "io/json.h"

struct dump_item {
    char *keys;  /* name, username, id and the text, a NUL behind each */
    size_t from; /* the how-manieth it came as */
};

/* Zeroes are an empty one. */
struct dump_items {
    struct dump_item *items;
    size_t count;
    size_t size;
    size_t bytes; /* of memory that they take */
};

void dump_items_add(struct dump_items *items, const struct json *element);

/* dump_items_sort(items): by name (or username), then id, byte by byte. */
void dump_items_sort(struct dump_items *items);

/* dump_items_text(items, index): the element as JSON; owned by items. */
const char *dump_items_text(const struct dump_items *items, size_t index);

/* dump_items_id(items, index): its id, empty where it has none; owned by items. */
const char *dump_items_id(const struct dump_items *items, size_t index);

/* dump_items_free(items): they are empty then, and may be used again. */
void dump_items_free(struct dump_items *items);

#endif
