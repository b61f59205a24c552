/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "format/format.h"
#include "io/crypto.h"

#define RANDOM_LENGTH 32
#define DELIMITER "pritunl_access_"

/* Nobody can know the delimiter beforehand, so no value can end the heredoc early. */
bool github_encode(const struct variable *variable, struct buf *out)
{
    const char *value = variable->value;
    char delimiter[sizeof DELIMITER + RANDOM_LENGTH] = DELIMITER;

    if (strchr(value, '\r') != NULL || !text_is_utf8(value, strlen(value)))
        return false;
    crypto_random_text(delimiter + sizeof DELIMITER - 1, RANDOM_LENGTH);
    return buf_add_format(out, "%s<<%s\n%s\n%s\n", variable->name, delimiter, value, delimiter);
}

/* Everything up to a line that is the delimiter. */
static bool heredoc(const char **at, const char *delimiter, size_t length, struct buf *value)
{
    bool first = true;

    for (;;) {
        size_t line = strcspn(*at, "\n");

        if (line == length && memcmp(*at, delimiter, length) == 0) {
            *at += line;
            return scan_end(at);
        }
        if ((*at)[line] == '\0')
            return false;
        if (!first)
            buf_add_text(value, "\n");
        buf_add(value, *at, line);
        *at += line + 1;
        first = false;
    }
}

/* Behind NAME: a heredoc, or what stands behind the sign. */
static bool read_github_value(const char **at, struct buf *value)
{
    const char *delimiter = NULL;
    size_t length = 0;

    if (scan_text(at, "=")) {
        length = strcspn(*at, "\r\n");
        buf_add(value, *at, length);
        *at += length;
        return scan_end(at);
    }
    if (!scan_text(at, "<<"))
        return false;
    delimiter = *at;
    length = strcspn(*at, "\r\n");
    *at += length;
    return length > 0 && scan_end(at) && heredoc(at, delimiter, length, value);
}

static bool read_lines(const char *text, struct pairs *pairs, bool *heredocs)
{
    const char *at = text;

    for (;;) {
        struct buf value = BUF_EMPTY(BUF_MAX);
        const char *name = NULL;
        size_t length = 0;

        scan_empty(&at, "");
        if (*at == '\0')
            break;
        if (!scan_name(&at, &name, &length) || !read_github_value(&at, &value)) {
            buf_free(&value);
            return false;
        }
        *heredocs = *heredocs || text_starts(name + length, "<<");
        pairs_add(pairs, name, length, buf_take(&value))->at = name;
    }
    pairs_number(pairs, text);
    return true;
}

bool github_decode(const char *text, struct pairs *pairs)
{
    bool heredocs = false;

    return (read_lines(text, pairs, &heredocs) && heredocs) ||
           pairs_fail(pairs, "no file that only a runner takes");
}

bool github_holds(const char *text, const struct variables *variables)
{
    struct pairs pairs = {0};
    bool heredocs = false;
    bool held = read_lines(text, &pairs, &heredocs);

    for (size_t i = 0; held && i < variables->count; i++)
        held = text_equal(pairs_get(&pairs, variables->items[i].name), variables->items[i].value);
    pairs_clear(&pairs);
    return held;
}

static void add_mask(const char *value, struct buf *out)
{
    buf_add_text(out, "::add-mask::");
    for (const char *p = value; *p != '\0'; p++)
        if (*p == '%' || *p == '\r' || *p == '\n')
            buf_add_format(out, "%%%02X", (unsigned)*p);
        else
            buf_add(out, p, 1);
    buf_add_text(out, "\n");
}

void github_masks(const struct access *access, struct buf *out)
{
    add_mask(access->token, out);
    add_mask(access->secret, out);
}
