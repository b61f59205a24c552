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

/*
 * Reading: a line each, as python-dotenv, docker compose and node's --env-file agree to take it.
 * What a shell makes of the same text is looked at beside (shells.c).
 */
struct line {
    const char *name;
    size_t length;
    bool exported;
    bool loose;    /* blanks beside the sign */
    bool sequence; /* more stands there than one value; only a shell could tell */
    bool shells;   /* nobody else's line */
    bool doubt;    /* readers go on at different lines */
    const char *fault;
    struct buf value;
};

/* Of a quoted value, what not every reader takes the same way. */
static const char *quoted_fault(char quote, const char *value)
{
    if (strchr(value, '\r') != NULL)
        return "a line break of Windows in quotes: not every reader keeps it";
    if (quote == '\'' ? strstr(value, "${") != NULL : strpbrk(value, "$`") != NULL)
        return "an expansion, which is not carried out";
    if (strchr(value, '\\') == NULL ||
        (quote == '\'' && strstr(value, "\\\\") == NULL && strchr(value, '\'') == NULL))
        return NULL;
    return "a backslash in quotes: not every reader takes it the same way";
}

static const char *bare_fault(const char *value)
{
    if (strpbrk(value, "$`") != NULL)
        return "an expansion, which is not carried out";
    if (strpbrk(value, " \t") != NULL)
        return "a blank that no quotes are around";
    if (strpbrk(value, "#'\"\\;&|<>()~!\r") != NULL)
        return "a character that not every reader takes the same way: put it in single quotes";
    return NULL;
}

static bool is_line_end(const char *p)
{
    return scan_end(&p);
}

/* Nothing more, or a comment behind a blank. */
static bool ends_here(const char *p)
{
    return is_line_end(p) || p[strspn(p, " \t")] == (strchr(" \t", *p) != NULL ? '#' : '\0');
}

static size_t breaks(const char *from, const char *to)
{
    size_t count = 0;

    for (; from < to; from++)
        count += *from == '\n';
    return count;
}

/*
 * Where the quote is closed: a backslash in front of one lets a shell and python-dotenv read on,
 * node not, and python-dotenv takes two backslashes for one. *doubt: not on the same line for all.
 */
static const char *closing(const char *start, char quote, bool *doubt)
{
    const char *end = start;
    const char *first = strchr(start, quote);
    const char *greedy = first;

    while (*end != quote && *end != '\0')
        end += *end == '\\' && end[1] != '\0' ? 2 : 1;
    for (const char *p = first; p != NULL && p[-1] == '\\'; p = strchr(p + 1, quote))
        greedy = strchr(p + 1, quote) != NULL ? strchr(p + 1, quote) : p;
    if (*end == '\0')
        end = first;
    *doubt = first != NULL && (breaks(first, end) > 0 || breaks(first, greedy) > 0);
    return end;
}

static void take_quoted(const char **at, struct line *line)
{
    const char *start = *at + 1;
    const char *end = closing(start, **at, &line->doubt);

    if (end == NULL) {
        line->fault = "a quote that is not closed";
        return;
    }
    buf_add(&line->value, start, (size_t)(end - start));
    line->fault = quoted_fault(**at, buf_text(&line->value));
    if (line->doubt) /* on with the line that the first reader goes on with */
        end = strchr(start, **at);
    *at = end + 1;
    if (!ends_here(*at)) {
        line->sequence = true;
        line->loose = strchr(" \t", **at) != NULL; /* for a shell, a command's environment */
        line->fault = "something stands behind the closing quote";
    }
}

static void take_bare(const char *at, struct line *line)
{
    size_t length = strcspn(at, "\n");
    bool tab = false;

    for (size_t i = 1; i < length; i++)
        if (at[i] == '#' && strchr(" \t", at[i - 1]) != NULL)
            length = i;
    for (; length > 0 && strchr(" \t\r", at[length - 1]) != NULL; length--)
        tab = tab || at[length - 1] == '\t';
    buf_add(&line->value, at, length);
    line->fault =
        tab ? "a tab behind it: not every reader takes it off" : bare_fault(buf_text(&line->value));
    line->sequence = line->fault != NULL;
}

/*
 * Only a shell could have been meant: "export A=… B=…", a value in single quotes as sh.c writes it,
 * "; export A" behind it.
 */
static bool is_shells(const struct line *line, const char *value)
{
    const char *p = value;
    const char *name = NULL;
    size_t length = 0;

    while (*p == '\'' || text_starts(p, "\\'"))
        p += *p == '\\' ? 2 : 1 + strcspn(p + 1, "'") + (strchr(p + 1, '\'') != NULL);
    if (p > value && line->exported && ends_here(p))
        return true;
    if (p == value && *p == '"' && line->sequence)
        p += 1 + strcspn(p + 1, "\"\n") + 1;
    else if (p == value)
        p += strcspn(p, " \t\r\n;'\"\\$`&|<>()#");
    if (scan_text(&p, ";")) {
        scan_blanks(&p);
        return scan_text(&p, "export ");
    }
    if (!line->exported || strspn(p, " \t") == 0)
        return false;
    scan_blanks(&p);
    return scan_name(&p, &name, &length) && *p == '=';
}

static bool read_assignment(const char **at, struct line *line)
{
    const char *p = *at;
    const char *sign = NULL;
    bool blank = false;

    scan_blanks(&p);
    if (scan_text(&p, "export ") || scan_text(&p, "export\t")) {
        line->exported = true;
        scan_blanks(&p);
    }
    if (!scan_name(&p, &line->name, &line->length))
        return false;
    sign = p;
    scan_blanks(&p);
    blank = p != sign;
    if (!scan_text(&p, "="))
        return false;
    sign = p;
    scan_blanks(&p);
    blank = blank || (p != sign && !is_line_end(p));
    sign = p;
    if (*p == '\'' || *p == '"')
        take_quoted(&p, line);
    else if (!is_line_end(p))
        take_bare(p, line);
    line->loose = line->loose || blank;
    if (line->exported && blank && line->fault == NULL)
        line->fault = "a blank beside the sign: a shell exports nothing there";
    line->shells = is_shells(line, sign);
    *at = p + strcspn(p, "\n");
    return true;
}

bool dotenv_decode(const char *text, struct pairs *pairs)
{
    const char *at = text;
    bool doubt = false;

    while (*at != '\0') {
        struct line line = {.value = BUF_EMPTY(BUF_MAX)};

        scan_empty(&at, "#");
        if (read_assignment(&at, &line)) {
            struct pair *pair = pairs_add(pairs, line.name, line.length, buf_take(&line.value));

            pair->at = line.name;
            pair->fault = doubt ? "readers close a quote above it in different places" : line.fault;
            if (line.shells)
                pair->claim = CLAIM_SHELL;
            else if (line.loose)
                pair->claim = CLAIM_LOOSE;
            doubt = doubt || line.doubt;
        } else {
            pairs->foreign = pairs->foreign || *at != '\0';
            at += strcspn(at, "\n");
        }
        at += *at == '\n';
        buf_free(&line.value);
    }
    pairs_number(pairs, text);
    return true;
}
