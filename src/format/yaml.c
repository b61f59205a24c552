/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "format/format.h"
#include "format/tree.h"
#include "io/yaml.h"

/*
 * May stand in a double-quoted scalar as it is: YAML 1.1's and 1.2's printable characters, less
 * those that break lines.
 */
static bool is_printable(uint32_t point)
{
    return (point >= 0x20 && point < 0x7F && point != '"' && point != '\\') ||
           (point >= 0xA0 && point < 0xFFFE && point != 0x2028 && point != 0x2029 &&
            point != 0xFEFF) ||
           point > 0xFFFF;
}

/* A name that YAML would take for something else than text. */
static bool is_word(const char *name)
{
    static const char *const words[] = {"y",   "n",    "yes",   "no",  "on",
                                        "off", "true", "false", "null"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasecmp(words[i], name) == 0)
            return true;
    return false;
}

void yaml_add_name(const char *name, struct buf *out)
{
    buf_add_format(out, is_word(name) ? "\"%s\": " : "%s: ", name);
}

bool yaml_encode(const struct variable *variable, struct buf *out)
{
    const char *p = variable->value;
    size_t left = strlen(p);

    yaml_add_name(variable->name, out);
    buf_add_text(out, "\"");
    while (left > 0) {
        uint32_t point = 0;
        size_t size = text_decode(p, left, &point);

        if (size == 0)
            return false;
        if (is_printable(point))
            buf_add(out, p, size);
        else if (point == '"' || point == '\\')
            buf_add_format(out, "\\%c", (int)point);
        else
            buf_add_format(out, "\\u%04lX", (unsigned long)point);
        p += size;
        left -= size;
    }
    return buf_add_text(out, "\"\n");
}

bool yaml_decode(const char *text, struct pairs *pairs)
{
    struct node documents = {0};
    size_t line = 0;
    const char *why = NULL;

    if (!yaml_parse(text, strlen(text), &documents, &line, &why))
        return pairs_fail(pairs, why);
    if (documents.count == 1)
        tree_collect(&documents.members[0].value, pairs);
    else
        tree_collect(&documents, pairs);
    node_clear(&documents);
    pairs->once = true;
    return true;
}
