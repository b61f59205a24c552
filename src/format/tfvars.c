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

/*
 * Reading: the attributes of the outermost body. Of what is no string only the extent is looked
 * for.
 */
#define DEPTH_MAX 64
#define WORD "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"

static bool skip_comment(const char **at)
{
    const char *end = NULL;

    if (**at == '#' || text_starts(*at, "//")) {
        *at += strcspn(*at, "\n");
        return true;
    }
    if (!text_starts(*at, "/*"))
        return false;
    end = strstr(*at + 2, "*/");
    if (end != NULL)
        *at = end + 2;
    return end != NULL;
}

static void skip_space(const char **at, const char *space)
{
    do
        *at += strspn(*at, space);
    while (skip_comment(at));
}

/* "<<END" or "<<-END", up to the line that is END; at is behind that line's text. */
static bool skip_heredoc(const char **at)
{
    const char *word = NULL;
    size_t length = 0;

    *at += text_starts(*at, "<<-") ? 3 : 2;
    if (!scan_name(at, &word, &length) || !scan_end(at))
        return false;
    while (**at != '\0') {
        const char *end = *at + strspn(*at, " \t");
        bool is_end = strncmp(end, word, length) == 0;

        *at += strcspn(*at, "\n");
        end += is_end ? length : 0;
        if (is_end && scan_end(&end))
            return true;
        *at += **at == '\n';
    }
    return false;
}

static bool skip_string(const char **at, unsigned depth);

/* Behind "${" or "%{". */
static bool skip_template(const char **at, unsigned depth)
{
    for (unsigned open = 1; open > 0;) {
        if (**at == '\0')
            return false;
        if (**at == '"') {
            if (!skip_string(at, depth + 1))
                return false;
            continue;
        }
        open += **at == '{';
        open -= **at == '}';
        ++*at;
    }
    return true;
}

/* A string, whatever templates are in it. */
static bool skip_string(const char **at, unsigned depth)
{
    ++*at;
    while (**at != '"') {
        if (**at == '\0' || **at == '\n' || depth > DEPTH_MAX)
            return false;
        if (scan_text(at, "$${") || scan_text(at, "%%{"))
            continue;
        if (scan_text(at, "${") || scan_text(at, "%{")) {
            if (!skip_template(at, depth))
                return false;
            continue;
        }
        *at += **at == '\\' && (*at)[1] != '\0' ? 2 : 1;
    }
    ++*at;
    return true;
}

/* An expression or a body: up to the end of the line where nothing is open. */
static bool skip_rest(const char **at)
{
    unsigned open = 0;

    for (;;) {
        skip_space(at, open > 0 ? " \t\r\n" : " \t\r");
        if (**at == '\0' || (open == 0 && **at == '\n'))
            return open == 0;
        if (**at == '"') {
            if (!skip_string(at, 0))
                return false;
        } else if (text_starts(*at, "<<")) {
            if (!skip_heredoc(at))
                return false;
        } else {
            if (strchr("'`;$\\@~^", **at) != NULL || text_starts(*at, "/*"))
                return false; /* nowhere in the language, or a comment without an end */
            if (strchr(")]}", **at) != NULL && open-- == 0)
                return false;
            open += strchr("([{", **at) != NULL;
            ++*at;
        }
    }
}

/* A variable's name or a function's: not in a file that gives variables their values. */
static bool is_reference(const char *at)
{
    static const char *const constants[] = {"true", "false", "null"};
    size_t length = strspn(at, WORD);

    if (length == 0 || (*at >= '0' && *at <= '9') || *at == '-')
        return false;
    for (size_t i = 0; i < sizeof constants / sizeof *constants; i++)
        if (strlen(constants[i]) == length && strncmp(at, constants[i], length) == 0)
            return false;
    return true;
}

/* Behind the sign. */
static bool read_expression(const char **at, struct pairs *pairs, const char *name, size_t length)
{
    struct buf value = BUF_EMPTY(BUF_MAX);
    const char *start = *at;
    struct pair *pair = NULL;
    bool is_text = false;

    if (is_reference(*at))
        return false;
    if (**at == '"' && escaped_read(at, ESCAPED_HCL, &value)) {
        skip_space(at, " \t\r");
        is_text = **at == '\n' || **at == '\0';
    }
    if (!is_text) {
        *at = start;
        buf_free(&value);
    }
    pair = pairs_add(pairs, name, length, buf_take(&value));
    pair->at = name;
    pair->claim = name[length] == '=' ? CLAIM_ALL : CLAIM_LOOSE;
    if (!is_text && *start == '"')
        pair->fault = "an expansion or an escape that is not carried out";
    else if (!is_text)
        pair->fault =
            text_starts(start, "<<") ? "a heredoc, which ends with a line break" : "no text";
    return is_text || skip_rest(at);
}

/* name = expression, or a block. */
static bool read_item(const char **at, struct pairs *pairs)
{
    const char *name = NULL;
    const char *end = NULL;
    size_t length = 0;

    if (!scan_name(at, &name, &length))
        return false;
    if (**at == '-') /* none of ours */
        *at += strspn(*at, WORD);
    end = *at;
    skip_space(at, " \t\r");
    if (**at == '=' && (*at)[1] != '=') {
        ++*at;
        skip_space(at, " \t\r");
        return read_expression(at, pairs, name, (size_t)(end - name));
    }
    pairs->foreign = true;
    *at += strcspn(*at, "{\n");
    return **at == '{' && skip_rest(at);
}

bool tfvars_decode(const char *text, struct pairs *pairs)
{
    const char *at = text;

    for (;;) {
        skip_space(&at, " \t\r\n");
        if (*at == '\0')
            break;
        if (!read_item(&at, pairs)) {
            pairs_number(pairs, text);
            return pairs_fail(pairs, "not in Terraform's language");
        }
    }
    pairs_number(pairs, text);
    pairs->once = true;
    return true;
}

bool tfvars_json_encode(const struct variable *variable, struct buf *out)
{
    return unicode_is_nfc(variable->value) && json_encode(variable, out);
}
