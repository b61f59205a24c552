/* SPDX-License-Identifier: MIT */
/*
 * node.h - a document of maps, lists and scalars, as YAML and JSON both give it.
 *
 * Plain data, made once and then only read. A struct node owns what hangs below it.
 */
#ifndef IO_NODE_H
#define IO_NODE_H

#include <stdbool.h>
#include <stddef.h>

enum node_kind { NODE_NULL, NODE_TEXT, NODE_OTHER, NODE_LIST, NODE_MAP };

struct node {
    enum node_kind kind;
    bool merges;       /* a map whose "<<" brings in the members of others */
    char *text;        /* NODE_TEXT; with a NUL behind it, and none inside */
    const char *fault; /* why a scalar is no text that can be taken; a constant */
    size_t line;       /* where it begins, from 1; 0 where that is not known */
    struct member *members;
    size_t count;
};

struct member {
    char *key; /* NULL in a list */
    struct node value;
};

/* node_add(parent, key): a new empty last member (NODE_NULL); valid until the next one is added. */
struct node *node_add(struct node *parent, const char *key);

/* node_get(map, key): the last member of that key; NULL where there is none, or it is no map. */
const struct node *node_get(const struct node *map, const char *key);

/* node_text(map, key): that member's text, or NULL. */
const char *node_text(const struct node *map, const char *key);

/* node_clear(node): release what hangs below it, wiped; it is NODE_NULL afterwards. */
void node_clear(struct node *node);

#endif
