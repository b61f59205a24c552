/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/text.h"
#include "format/format.h"

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

bool yaml_scan_name(const char **at, const char **name, size_t *length)
{
    const char *p = *at;
    bool quoted = scan_text(&p, "\"");

    if (!scan_name(&p, name, length) || (quoted && !scan_text(&p, "\"")) || !scan_text(&p, ":") ||
        (*p != ' ' && *p != '\n' && *p != '\r'))
        return false;
    scan_blanks(&p);
    *at = p;
    return true;
}

/*
 * Plain scalars are numbers, dates or truth values as often as text: only what begins like a word
 * is taken.
 */
static bool plain(const char **at, struct buf *value)
{
    const char *name = NULL;
    const char *start = *at;
    size_t length = 0;

    if (!scan_name(&start, &name, &length) || !scan_plain(at, value))
        return false;
    return !is_word(buf_text(value)) && strchr(buf_text(value), ':') == NULL;
}

static bool assignment(const char **at, const char **name, size_t *length, struct buf *value)
{
    return yaml_scan_name(at, name, length) &&
           (**at == '"' ? escaped_read(at, ESCAPED_YAML, value) : plain(at, value));
}

bool yaml_decode(const char *text, struct pairs *pairs)
{
    scan_empty(&text, "#");
    if (scan_text(&text, "---") && !scan_end(&text))
        return false;
    return scan_assignments(text, assignment, pairs);
}
