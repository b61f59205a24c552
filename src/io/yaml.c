/* SPDX-License-Identifier: MIT */
#include "io/yaml.h"

#include <string.h>
#include <strings.h>
#include <yaml.h>

#include "base/mem.h"
#include "base/text.h"

#define DEPTH_MAX 64
#define NODES_MAX 100000
#define DIGITS "0123456789_"

/*
 * libyaml offers no allocator of one's own, but its three functions are symbols of the library:
 * these take their place, so that what it held is wiped. Weak, because its archive brings its own.
 */
void *yaml_malloc(size_t size);
void *yaml_realloc(void *block, size_t size);
void yaml_free(void *block);

__attribute__((weak)) void *yaml_malloc(size_t size)
{
    return mem_lib_malloc(size);
}

__attribute__((weak)) void *yaml_realloc(void *block, size_t size)
{
    return mem_lib_realloc(block, size > 0 ? size : 1);
}

__attribute__((weak)) void yaml_free(void *block)
{
    mem_lib_free(block);
}

struct anchor {
    char *name;
    struct node value;
};

struct reader {
    yaml_parser_t parser;
    struct anchor *anchors;
    size_t anchor_count;
    size_t nodes;
    const char *why;
    size_t line;
};

static bool fail_yaml(struct reader *reader, size_t line, const char *why)
{
    reader->line = line;
    reader->why = why;
    return false;
}

/* ---- what a scalar is ---- */

static bool is_yaml_word(const char *text, const char *const *words)
{
    for (; *words != NULL; words++)
        if (strcasecmp(text, *words) == 0)
            return true;
    return false;
}

/* A number, a time or a date for YAML 1.1 or 1.2: rather one too many. */
static bool is_number(const char *text)
{
    static const char *const words[] = {".inf", ".nan", NULL};
    const char *p = text + strspn(text, "+-");
    size_t digits = 0;

    if (is_yaml_word(p, words))
        return true;
    if (*p == '0' && p[1] != '\0' && strchr("xXoObB", p[1]) != NULL && p[2] != '\0')
        return p[2 + strspn(p + 2, DIGITS "abcdefABCDEF")] == '\0';
    digits = strcspn(p, "0123456789") <= 1 ? strspn(p, DIGITS ".") : 0;
    if (digits == 0)
        return false;
    if ((p[digits] == 'e' || p[digits] == 'E') && p[digits + 1] != '\0') {
        const char *exponent = p + digits + 1;

        exponent += *exponent == '+' || *exponent == '-';
        return exponent[strspn(exponent, DIGITS)] == '\0';
    }
    return p[digits] == '\0' ||
           (strchr(":-", p[digits]) != NULL && p[strspn(p, DIGITS ".:-+TtZz \t")] == '\0');
}

static void take_yaml_scalar(const yaml_event_t *event, struct node *node)
{
    static const char *const nulls[] = {"", "~", "null", NULL};
    static const char *const words[] = {"y",   "n",    "yes",   "no", "on",
                                        "off", "true", "false", "=",  NULL};
    const char *value = (const char *)event->data.scalar.value;
    const char *tag = (const char *)event->data.scalar.tag;
    bool is_text = tag != NULL && (text_equal(tag, YAML_STR_TAG) || text_equal(tag, "!"));
    bool is_plain = event->data.scalar.plain_implicit && tag == NULL;

    node->kind = NODE_OTHER;
    if (tag != NULL && !is_text)
        node->fault = "its tag says that it is no text, or encrypted";
    else if (is_plain && is_yaml_word(value, nulls))
        node->kind = NODE_NULL;
    else if (is_plain && is_yaml_word(value, words))
        node->fault = "a truth value for some readers of YAML: put it in quotes";
    else if (is_plain && is_number(value))
        node->fault = "a number or a date for some readers of YAML: put it in quotes";
    else if (strlen(value) != event->data.scalar.length)
        node->fault = "text with a NUL character";
    else
        node->kind = NODE_TEXT;
    if (node->kind == NODE_TEXT)
        node->text = mem_copy(value, event->data.scalar.length);
}

/* ---- building ---- */

static bool copy_node(struct reader *reader, const struct node *from, struct node *to)
{
    if (++reader->nodes > NODES_MAX)
        return fail_yaml(reader, from->line, "aliases stand for too much");
    *to = *from;
    to->text = mem_text(from->text);
    to->members = NULL;
    to->count = 0;
    for (size_t i = 0; i < from->count; i++)
        if (!copy_node(reader, &from->members[i].value, node_add(to, from->members[i].key)))
            return false;
    return true;
}

static void keep_anchor(struct reader *reader, const char *name, const struct node *node)
{
    struct anchor *anchor = NULL;

    if (name == NULL)
        return;
    reader->anchors =
        mem_grow(reader->anchors, (reader->anchor_count + 1) * sizeof *reader->anchors);
    anchor = &reader->anchors[reader->anchor_count++];
    *anchor = (struct anchor){.name = mem_text(name)};
    /* Where there is too much of it, whoever copies it next will say so. */
    copy_node(reader, node, &anchor->value);
}

static void drop_anchors(struct reader *reader)
{
    for (size_t i = 0; i < reader->anchor_count; i++) {
        mem_free(reader->anchors[i].name);
        node_clear(&reader->anchors[i].value);
    }
    mem_free(reader->anchors);
    reader->anchors = NULL;
    reader->anchor_count = 0;
}

static bool follow_alias(struct reader *reader, const char *name, size_t line, struct node *node)
{
    for (size_t i = reader->anchor_count; i > 0; i--)
        if (text_equal(reader->anchors[i - 1].name, name))
            return copy_node(reader, &reader->anchors[i - 1].value, node);
    return fail_yaml(reader, line, "an alias without its anchor");
}

/* libyaml's own words are constants, and quote nothing. */
static bool next_event(struct reader *reader, yaml_event_t *event)
{
    if (yaml_parser_parse(&reader->parser, event))
        return true;
    return fail_yaml(reader, reader->parser.problem_mark.line + 1,
                     reader->parser.problem != NULL ? reader->parser.problem : "not YAML");
}

static bool read_node(struct reader *reader, yaml_event_t *event, unsigned depth,
                      struct node *node);

/* The key is event; what follows is its value. */
static bool read_member(struct reader *reader, yaml_event_t *event, unsigned depth,
                        struct node *map)
{
    struct node key = {0};
    bool is_scalar = event->type == YAML_SCALAR_EVENT;
    char *name = is_scalar ? mem_text((const char *)event->data.scalar.value) : mem_text("?");
    bool done = read_node(reader, event, depth, &key);

    map->merges =
        map->merges || (is_scalar && event->data.scalar.plain_implicit && text_equal(name, "<<"));
    if (done) {
        yaml_event_delete(event);
        done = next_event(reader, event);
    }
    done = done && read_node(reader, event, depth, node_add(map, name));
    mem_free(name);
    node_clear(&key);
    return done;
}

static bool read_yaml_members(struct reader *reader, yaml_event_type_t end, unsigned depth,
                              struct node *parent)
{
    for (;;) {
        yaml_event_t event;
        bool done = next_event(reader, &event);
        bool over = done && event.type == end;

        if (done && !over)
            done = parent->kind == NODE_MAP
                       ? read_member(reader, &event, depth, parent)
                       : read_node(reader, &event, depth, node_add(parent, NULL));
        yaml_event_delete(&event);
        if (!done || over)
            return done;
    }
}

/* What begins with this event. */
static bool read_node(struct reader *reader, yaml_event_t *event, unsigned depth, struct node *node)
{
    bool done = true;

    node->line = event->start_mark.line + 1;
    if (depth >= DEPTH_MAX || ++reader->nodes > NODES_MAX)
        return fail_yaml(reader, node->line,
                         depth >= DEPTH_MAX ? "nested too deeply" : "too much of it");
    switch (event->type) {
    case YAML_ALIAS_EVENT:
        return follow_alias(reader, (const char *)event->data.alias.anchor, node->line, node);
    case YAML_SCALAR_EVENT:
        take_yaml_scalar(event, node);
        keep_anchor(reader, (const char *)event->data.scalar.anchor, node);
        return true;
    case YAML_SEQUENCE_START_EVENT:
        node->kind = NODE_LIST;
        done = read_yaml_members(reader, YAML_SEQUENCE_END_EVENT, depth + 1, node);
        keep_anchor(reader, (const char *)event->data.sequence_start.anchor, node);
        return done;
    case YAML_MAPPING_START_EVENT:
        node->kind = NODE_MAP;
        done = read_yaml_members(reader, YAML_MAPPING_END_EVENT, depth + 1, node);
        keep_anchor(reader, (const char *)event->data.mapping_start.anchor, node);
        return done;
    default:
        return fail_yaml(reader, node->line, "not YAML");
    }
}

static bool read_stream(struct reader *reader, struct node *documents)
{
    for (;;) {
        yaml_event_t event;
        bool done = next_event(reader, &event);
        bool over = done && event.type == YAML_STREAM_END_EVENT;

        if (done && event.type == YAML_DOCUMENT_START_EVENT)
            drop_anchors(reader);
        else if (done && !over && event.type != YAML_STREAM_START_EVENT &&
                 event.type != YAML_DOCUMENT_END_EVENT)
            done = read_node(reader, &event, 0, node_add(documents, NULL));
        yaml_event_delete(&event);
        if (!done || over)
            return done;
    }
}

bool yaml_parse(const char *bytes, size_t length, struct node *documents, size_t *line,
                const char **why)
{
    struct reader reader = {0};
    bool done = false;

    *documents = (struct node){.kind = NODE_LIST};
    if (yaml_parser_initialize(&reader.parser) == 0) {
        *line = 0;
        *why = "libyaml has no memory";
        return false;
    }
    yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&reader.parser, (const unsigned char *)bytes, length);
    done = read_stream(&reader, documents);
    *line = reader.line;
    *why = reader.why;
    if (!done)
        node_clear(documents);
    drop_anchors(&reader);
    yaml_parser_delete(&reader.parser);
    return done;
}
