/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/text.h"
#include "format/format.h"

/* The code point that begins at *text, which is well-formed UTF-8; moves *text behind it. */
static unsigned long next(const char **text)
{
    unsigned char first = (unsigned char)*(*text)++;
    unsigned long point = first < 0x80   ? first
                          : first < 0xE0 ? first & 0x1Fu
                          : first < 0xF0 ? first & 0x0Fu
                                         : first & 0x07u;

    while (((unsigned char)**text & 0xC0) == 0x80)
        point = point << 6 | ((unsigned char)*(*text)++ & 0x3Fu);
    return point;
}

/* May stand in a double-quoted scalar as it is: YAML 1.1's and 1.2's printable characters, less those that break lines. */
static bool is_plain(unsigned long point)
{
    return (point >= 0x20 && point < 0x7F && point != '"' && point != '\\') ||
           (point >= 0xA0 && point < 0xFFFE && point != 0x2028 && point != 0x2029 &&
            point != 0xFEFF) ||
           point > 0xFFFF;
}

bool yaml_encode(const struct variable *variable, struct buf *out)
{
    const char *p = variable->value;

    if (!text_is_utf8(p, strlen(p)))
        return false;
    buf_add_format(out, "%s: \"", variable->name);
    while (*p != '\0') {
        const char *start = p;
        unsigned long point = next(&p);

        if (is_plain(point))
            buf_add(out, start, (size_t)(p - start));
        else if (point == '"' || point == '\\')
            buf_add_format(out, "\\%c", (int)point);
        else
            buf_add_format(out, "\\u%04lX", point);
    }
    return buf_add_text(out, "\"\n");
}
