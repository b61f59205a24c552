/* SPDX-License-Identifier: MIT */
#include "io/json.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "format/format.h"
#include "format/tree.h"
#include "io/node.h"

#define DEPTH_MAX 64
#define BLANK " \t\r\n"

bool json_encode(const struct variable *variable, struct buf *out)
{
    struct json *value = NULL;
    bool done = false;

    if (!text_is_utf8(variable->value, strlen(variable->value)))
        return false;
    value = json_make_text(variable->value);
    done = buf_add_format(out, "    \"%s\": ", variable->name) && json_write_value(value, out);
    json_free(value);
    return done;
}

static void take_value_of_json(const struct json *value, unsigned depth, struct node *node);

struct parent {
    struct node *node;
    unsigned depth;
};

static bool take_member(void *context, const char *key, const struct json *value)
{
    const struct parent *parent = context;

    take_value_of_json(value, parent->depth + 1, node_add(parent->node, key));
    return true;
}

static void take_value_of_json(const struct json *value, unsigned depth, struct node *node)
{
    struct parent parent = {node, depth};
    size_t length = 0;
    const char *text = json_text(value, &length);

    node->kind = NODE_OTHER;
    if (text != NULL && memchr(text, '\0', length) != NULL) {
        node->fault = "text with a NUL character";
    } else if (text != NULL) {
        node->kind = NODE_TEXT;
        node->text = mem_copy(text, length);
    } else if (depth >= DEPTH_MAX) {
        node->fault = "nested too deeply";
    } else if (json_type_of(value) == JSON_MAP) {
        node->kind = NODE_MAP;
        json_each(value, take_member, &parent);
    } else if (json_type_of(value) == JSON_LIST) {
        node->kind = NODE_LIST;
        for (size_t i = 0; i < json_count(value); i++)
            take_value_of_json(json_at(value, i), depth + 1, node_add(node, NULL));
    } else if (json_type_of(value) == JSON_NULL_VALUE) {
        node->kind = NODE_NULL;
    } else {
        node->fault = "a number or a truth value, not text";
    }
}

bool json_read(const char *where, const char *text, struct node *values, struct error *error)
{
    const char *at = text + strspn(text, BLANK);
    int above = 0;

    *values = (struct node){.kind = NODE_LIST};
    for (; *at != '\0'; at += strspn(at, BLANK)) {
        struct json *value = NULL;

        for (; text < at; text++)
            above += *text == '\n';
        value = json_parse_next(&at, where, above, error);
        if (value == NULL)
            return false;
        take_value_of_json(value, 0, node_add(values, NULL));
        json_free(value);
    }
    return values->count > 0;
}

bool json_decode(const char *text, struct pairs *pairs)
{
    struct error error;
    struct node values = {0};
    bool done = false;

    text += strspn(text, BLANK);
    if (*text != '{' && *text != '[')
        return pairs_fail(pairs, "not JSON");
    done = json_read("", text, &values, &error);
    if (done && values.count == 1)
        tree_collect(&values.members[0].value, pairs);
    else if (done)
        tree_collect(&values, pairs);
    node_clear(&values);
    return done || pairs_fail(pairs, "not JSON");
}
