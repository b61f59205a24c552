/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "format/format.h"

/*
 * What python-dotenv, motdotla's dotenv and Ruby's dotenv all read back unchanged with their
 * defaults. Between single quotes: no quote, no "${" (python-dotenv expands it even there), no
 * backslash before a backslash or at the end (python-dotenv joins the one, the others let the other
 * escape the closing quote). With a single quote inside, double quotes do as long as nothing in
 * there means anything to any of them. No line breaks: older Ruby ones read line by line,
 * motdotla's turns CR LF into LF.
 */
static bool fits_single(const char *value)
{
    for (const char *p = value; *p != '\0'; p++) {
        if (*p == '\'' || *p == '\n' || *p == '\r' || (*p == '$' && p[1] == '{'))
            return false;
        if (*p == '\\' && (p[1] == '\\' || p[1] == '\0'))
            return false;
    }
    return true;
}

static bool fits_double(const char *value)
{
    return strpbrk(value, "\"\\$`\r\n") == NULL;
}

bool dotenv_encode(const struct variable *variable, struct buf *out)
{
    const char *value = variable->value;
    const char *quote = fits_single(value) ? "'" : "\"";

    if (!text_is_utf8(value, strlen(value)) || (*quote == '"' && !fits_double(value)))
        return false;
    return buf_add_format(out, "%s=%s%s%s\n", variable->name, quote, value, quote);
}

static bool quoted(const char **at, struct buf *value)
{
    char quote = **at;
    const char *start = *at + 1;
    size_t length = strcspn(start, quote == '\'' ? "'" : "\"");

    if (start[length] != quote)
        return false;
    buf_add(value, start, length);
    *at = start + length + 1;
    return quote == '\'' ? fits_single(buf_text(value)) : fits_double(buf_text(value));
}

bool dotenv_decode(const char *text, struct pairs *pairs)
{
    for (;;) {
        struct buf value = BUF_EMPTY(BUF_MAX);
        const char *name = NULL;
        size_t length = 0;
        bool read = false;

        if (format_says_docker(&text))
            return false;
        if (*text == '\0')
            return true;
        read = scan_name(&text, &name, &length) && scan_text(&text, "=");
        if (read && (*text == '\'' || *text == '"'))
            read = quoted(&text, &value);
        else if (read)
            scan_plain(&text, &value);
        if (!read || !scan_end(&text)) {
            buf_free(&value);
            return false;
        }
        pairs_add(pairs, name, length, buf_take(&value));
    }
}
