/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/mem.h"
#include "format/format.h"

/*
 * Between single quotes a shell takes everything as it is but the quote, which is put beside them.
 */
bool sh_encode(const struct variable *variable, struct buf *out)
{
    buf_add_format(out, "export %s='", variable->name);
    for (const char *p = variable->value; *p != '\0'; p++)
        (void)(*p == '\'' ? buf_add_text(out, "'\\''") : buf_add(out, p, 1));
    return buf_add_text(out, "'\n");
}

/*
 * A word of what stands between single quotes, of quotes behind a backslash, and of plain
 * characters.
 */
static bool word(const char **at, struct buf *value)
{
    for (;;) {
        if (**at == '\'') {
            size_t length = strcspn(*at + 1, "'");

            if ((*at)[length + 1] == '\0')
                return false;
            buf_add(value, *at + 1, length);
            *at += length + 2;
        } else if (scan_text(at, "\\'")) {
            buf_add_text(value, "'");
        } else if (!scan_plain(at, value)) {
            return true;
        }
    }
}

static bool assignment(const char **at, const char **name, size_t *length, struct buf *value)
{
    return scan_text(at, "export ") && scan_name(at, name, length) && scan_text(at, "=") &&
           word(at, value);
}

bool sh_decode(const char *text, struct pairs *pairs)
{
    return scan_assignments(text, assignment, pairs);
}
