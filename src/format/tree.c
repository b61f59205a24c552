/* SPDX-License-Identifier: MIT */
#include "format/tree.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "format/format.h"
#include "io/crypto.h"

#define DEPTH_MAX 64
#define LABEL_MAX 200
#define EXPANDED "an expansion, which is not carried out"

/* Where we are; handed down by value. */
struct branch {
    struct pairs *pairs;
    const char *fault; /* of all values here: encrypted, say */
    bool expands;      /* whoever reads this carries out "$" */
    unsigned depth;
    char label[LABEL_MAX];
};

static void walk(const struct node *node, const struct branch *here);

static struct branch branch_below(const struct branch *here, const char *key, size_t index)
{
    struct branch next = *here;

    int length = key != NULL
                     ? snprintf(next.label, sizeof next.label, "%s%s%s", here->label,
                                *here->label != '\0' ? "." : "", key)
                     : snprintf(next.label, sizeof next.label, "%s[%zu]", here->label, index);

    next.depth++;
    if (length >= (int)sizeof next.label)
        next.label[sizeof next.label - 1] = '\0'; /* the beginning does */
    return next;
}

/* ---- one value ---- */

static void add_value(const struct branch *here, const char *name, size_t length,
                      const struct node *value)
{
    struct pair *pair = NULL;

    if (value->kind == NODE_NULL)
        return;
    if (value->kind == NODE_TEXT && here->fault == NULL &&
        !(here->expands && strpbrk(value->text, "$`") != NULL))
        pair = pairs_add(here->pairs, name, length, mem_text(value->text));
    else if (here->fault != NULL)
        pair = pairs_fault(here->pairs, name, length, here->fault);
    else if (value->kind == NODE_TEXT)
        pair = pairs_fault(here->pairs, name, length, EXPANDED);
    else if (value->kind == NODE_OTHER)
        pair =
            pairs_fault(here->pairs, name, length, value->fault != NULL ? value->fault : "no text");
    else
        return;
    pair->line = value->line;
}

/* {"sensitive": true, "type": "string", "value": …}, or NULL. */
static const struct node *output_value(const struct node *node)
{
    if (node_get(node, "sensitive") == NULL && node_get(node, "type") == NULL)
        return NULL;
    return node_get(node, "value");
}

/* ---- maps ---- */

static void add_members(const struct node *map, const struct branch *here);

/* What comes in by "<<" counts less than what stands in the map, and the first of several most. */
static void add_merged(const struct node *value, const struct branch *here)
{
    if (here->depth >= DEPTH_MAX)
        return;
    if (value->kind == NODE_MAP)
        add_members(value, here);
    for (size_t i = value->kind == NODE_LIST ? value->count : 0; i > 0; i--)
        add_merged(&value->members[i - 1].value, here);
}

static void add_members(const struct node *map, const struct branch *here)
{
    const struct branch inside = branch_below(here, "<<", 0);
    size_t from = here->pairs->count;

    for (size_t i = 0; map->merges && i < map->count; i++)
        if (text_equal(map->members[i].key, "<<"))
            add_merged(&map->members[i].value, &inside);
    for (; from < here->pairs->count; from++)
        here->pairs->items[from].claim = CLAIM_MERGED;
    for (size_t i = 0; i < map->count; i++) {
        const char *key = map->members[i].key;
        const struct node *output = output_value(&map->members[i].value);
        const struct node *value = output != NULL ? output : &map->members[i].value;

        here->pairs->foreign = here->pairs->foreign || value->kind != NODE_TEXT;
        add_value(here, key, strlen(key), value);
    }
}

/* Kubernetes decodes data, and stringData counts more. */
static void add_secret(const struct node *secret, const struct branch *here)
{
    const struct node *data = node_get(secret, "data");
    const struct node *plain = node_get(secret, "stringData");

    pairs_group(here->pairs, here->label);
    for (size_t i = 0; data != NULL && i < data->count && data->kind == NODE_MAP; i++) {
        const struct member *member = &data->members[i];
        char *text =
            member->value.kind == NODE_TEXT ? crypto_base64_text(member->value.text) : NULL;
        struct pair *pair = NULL;

        if (member->value.kind == NODE_NULL)
            continue;
        pair = pairs_add(here->pairs, member->key, strlen(member->key), text);
        pair->line = member->value.line;
        if (node_get(plain, member->key) != NULL)
            pair->claim = CLAIM_MERGED;
        if (text == NULL)
            pair->fault = "it is no base64, or stands for no text, in the data of a Secret";
    }
    if (plain != NULL && plain->kind == NODE_MAP)
        add_members(plain, here);
}

/* What is encrypted for a cluster, or only names another place. */
static const char *map_fault(const struct node *map)
{
    const char *kind = node_text(map, "kind");

    if (text_equal(kind, "SealedSecret"))
        return "encrypted (SealedSecret)";
    return text_equal(kind, "ExternalSecret") ? "a reference to another place (ExternalSecret)"
                                              : NULL;
}

static bool is_environment(const char *key)
{
    return text_equal(key, "environment") || text_equal(key, "env") || text_equal(key, "variables");
}

static void walk_map(const struct node *map, const struct branch *here)
{
    struct branch same = *here;

    if (text_equal(node_text(map, "kind"), "Secret") &&
        (node_get(map, "data") != NULL || node_get(map, "stringData") != NULL)) {
        add_secret(map, here);
        return;
    }
    if (map_fault(map) != NULL)
        same.fault = map_fault(map);
    pairs_group(same.pairs, same.label);
    add_members(map, &same);
    for (size_t i = 0; i < map->count; i++) {
        const char *key = map->members[i].key;
        struct branch next = branch_below(&same, key, 0);

        next.expands = next.expands || is_environment(key);
        walk(&map->members[i].value, &next);
    }
}

/* ---- lists ---- */

static const struct node *either_member(const struct node *map, const char *const *keys)
{
    for (; *keys != NULL; keys++)
        if (node_get(map, *keys) != NULL)
            return node_get(map, *keys);
    return NULL;
}

/* A parameter's name may be a path. */
static const char *last_part(const char *name)
{
    const char *slash = strrchr(name, '/');

    return slash != NULL ? slash + 1 : name;
}

static void add_list_item(const struct node *item, const struct branch *here)
{
    static const char *const names[] = {"name", "Name", "key", "Key", NULL};
    static const char *const values[] = {"value", "Value", NULL};
    const struct node *name = either_member(item, names);
    const struct node *value = either_member(item, values);

    if (item->kind == NODE_TEXT) {
        const char *at = item->text;
        const char *start = NULL;
        size_t length = 0;

        if (scan_name(&at, &start, &length) && scan_text(&at, "=")) {
            struct node rest = {.kind = NODE_TEXT, .text = (char *)(uintptr_t)at};

            rest.line = item->line;
            add_value(here, start, length, &rest);
        }
    } else if (name != NULL && name->kind == NODE_TEXT && value != NULL) {
        add_value(here, last_part(name->text), strlen(last_part(name->text)), value);
    }
}

static void walk_list(const struct node *list, const struct branch *here)
{
    struct branch items = *here;

    items.expands = true;
    items.pairs->foreign = true;
    pairs_group(items.pairs, items.label);
    for (size_t i = 0; i < list->count; i++)
        add_list_item(&list->members[i].value, &items);
    for (size_t i = 0; i < list->count; i++) {
        struct branch next = branch_below(here, NULL, i);

        walk(&list->members[i].value, &next);
    }
}

/* ---- all of it ---- */

static void walk_text(const char *text, const struct branch *here)
{
    struct error ignored;
    struct node inner = {0};

    if (text[strspn(text, " \t\r\n")] != '{')
        return;
    if (json_read("", text, &inner, &ignored))
        walk(&inner, here);
    node_clear(&inner);
}

static void walk(const struct node *node, const struct branch *here)
{
    if (here->depth > DEPTH_MAX)
        here->pairs->foreign = true;
    else if (node->kind == NODE_MAP)
        walk_map(node, here);
    else if (node->kind == NODE_LIST)
        walk_list(node, here);
    else if (node->kind == NODE_TEXT)
        walk_text(node->text, here);
}

void tree_collect(const struct node *root, struct pairs *pairs)
{
    const struct branch here = {.pairs = pairs};

    walk(root, &here);
}
