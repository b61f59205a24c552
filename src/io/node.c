/* SPDX-License-Identifier: MIT */
#include "io/node.h"

#include "base/mem.h"
#include "base/text.h"

struct node *node_add(struct node *parent, const char *key)
{
    if ((parent->count & (parent->count - 1)) == 0) /* 0, 1, 2, 4 …: double the room */
        parent->members =
            mem_grow(parent->members, (2 * parent->count + 1) * sizeof *parent->members);
    parent->members[parent->count] = (struct member){.key = mem_text(key)};
    return &parent->members[parent->count++].value;
}

const struct node *node_get(const struct node *map, const char *key)
{
    if (map == NULL || map->kind != NODE_MAP)
        return NULL;
    for (size_t i = map->count; i > 0; i--)
        if (text_equal(map->members[i - 1].key, key))
            return &map->members[i - 1].value;
    return NULL;
}

const char *node_text(const struct node *map, const char *key)
{
    const struct node *value = node_get(map, key);

    return value != NULL ? value->text : NULL;
}

void node_clear(struct node *node)
{
    for (size_t i = 0; i < node->count; i++) {
        mem_free(node->members[i].key);
        node_clear(&node->members[i].value);
    }
    mem_free(node->members);
    mem_free(node->text);
    *node = (struct node){0};
}
