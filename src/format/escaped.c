/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "format/format.h"

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool hex(const char **at, int digits, uint32_t *point)
{
    *point = 0;
    for (; digits > 0; digits--, ++*at) {
        if (digit(**at) < 0)
            return false;
        *point = *point << 4 | (uint32_t)digit(**at);
    }
    return true;
}

static bool add_utf8(uint32_t point, struct buf *out)
{
    char bytes[4];
    size_t size = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0x00, 0xC0, 0xE0, 0xF0};

    if (point == 0 || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF))
        return false;
    for (size_t i = size - 1; i > 0; i--, point >>= 6)
        bytes[i] = (char)(0x80 | (point & 0x3F));
    bytes[0] = (char)(lead[size] | point);
    return buf_add(out, bytes, size);
}

/* \uD83D\uDE00: JavaScript and JSON write what lies beyond U+FFFF as two. */
static bool unicode(const char **at, int digits, enum escaped dialect, struct buf *value)
{
    uint32_t point = 0;
    uint32_t low = 0;

    if (!hex(at, digits, &point))
        return false;
    if (dialect == ESCAPED_JS && point >= 0xD800 && point <= 0xDBFF) {
        if (!scan_text(at, "\\u") || !hex(at, 4, &low) || low < 0xDC00 || low > 0xDFFF)
            return false;
        point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
    }
    return add_utf8(point, value);
}

/* What one letter stands for: the first three everywhere, the others in JavaScript. */
static bool add_letter(char letter, enum escaped dialect, struct buf *value)
{
    static const char letters[] = "nrtbfv";
    static const char bytes[] = "\n\r\t\b\f\v";
    const char *simple = strchr(letters, letter);

    if (simple == NULL || (dialect == ESCAPED_HCL && simple - letters > 2))
        return false;
    return buf_add(value, &bytes[simple - letters], 1);
}

/* Behind the backslash; where that is the last thing in the text, nothing is there to be read. */
static bool escape(const char **at, enum escaped dialect, struct buf *value)
{
    char letter = **at;

    if (letter == '\0')
        return false;
    ++*at;
    if (letter == '"' || letter == '\\' || (dialect == ESCAPED_JS && strchr("'`/$", letter)))
        return buf_add(value, &letter, 1);
    if (letter == 'u')
        return unicode(at, 4, dialect, value);
    if (letter == 'x' && dialect == ESCAPED_JS)
        return unicode(at, 2, dialect, value);
    if (letter == 'U' && dialect == ESCAPED_HCL)
        return unicode(at, 8, dialect, value);
    return add_letter(letter, dialect, value);
}

/* "$${" is "${"; a lone "${" would be a template. */
static bool template(const char **at, struct buf *value)
{
    char sign = **at;

    if ((*at)[1] == '{')
        return false;
    if ((*at)[1] == sign && (*at)[2] == '{') {
        buf_add_format(value, "%c{", sign);
        *at += 3;
        return true;
    }
    return buf_add(value, (*at)++, 1);
}

bool escaped_read(const char **at, enum escaped dialect, struct buf *value)
{
    char quote = **at;
    const char *p = *at + 1;
    bool valid = quote == '"' || (dialect == ESCAPED_JS && (quote == '\'' || quote == '`'));

    while (valid && *p != quote) {
        if (*p == '\0' || ((*p == '\n' || *p == '\r') && quote != '`'))
            return false;
        if (*p == '\\') {
            p++;
            valid = escape(&p, dialect, value);
        } else if (dialect == ESCAPED_HCL && (*p == '$' || *p == '%')) {
            valid = template(&p, value);
        } else {
            buf_add(value, p++, 1);
        }
    }
    if (valid)
        *at = p + 1;
    return valid;
}
