/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "format/format.h"
#include "io/unicode.h"

/* Terraform's own language: a quoted string, in which "${" and "%{" would begin a template. */
static bool add_point(const char *bytes, size_t size, uint32_t point, struct buf *out)
{
    switch (point) {
    case '"':
    case '\\':
        return buf_add_format(out, "\\%c", (int)point);
    case '\n':
        return buf_add_text(out, "\\n");
    case '\r':
        return buf_add_text(out, "\\r");
    case '\t':
        return buf_add_text(out, "\\t");
    case '$':
    case '%':
        return (bytes[1] != '{' || buf_add(out, bytes, 1)) && buf_add(out, bytes, 1);
    default:
        return text_is_control(point) || point == 0xFEFF
                   ? buf_add_format(out, "\\u%04X", (unsigned)point)
                   : buf_add(out, bytes, size);
    }
}

bool tfvars_encode(const struct variable *variable, struct buf *out)
{
    const char *p = variable->value;
    size_t left = strlen(p);

    if (!unicode_is_nfc(p))
        return false;
    buf_add_format(out, "%s = \"", variable->name);
    while (left > 0) {
        uint32_t point = 0;
        size_t size = text_decode(p, left, &point);

        if (size == 0)
            return false;
        add_point(p, size, point, out);
        p += size;
        left -= size;
    }
    return buf_add_text(out, "\"\n");
}

/* A blank in front of the sign: without one it could be a shell's or dotenv's. */
static bool assignment(const char **at, const char **name, size_t *length, struct buf *value)
{
    if (!scan_name(at, name, length) || !scan_text(at, " "))
        return false;
    scan_blanks(at);
    if (!scan_text(at, "="))
        return false;
    scan_blanks(at);
    return escaped_read(at, ESCAPED_HCL, value);
}

bool tfvars_decode(const char *text, struct pairs *pairs)
{
    return scan_assignments(text, assignment, pairs);
}

bool tfvars_json_encode(const struct variable *variable, struct buf *out)
{
    return unicode_is_nfc(variable->value) && json_encode(variable, out);
}
