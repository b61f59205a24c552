/* SPDX-License-Identifier: MIT */
#include "format/format.h"

/* Between single quotes a shell takes everything as it is but the quote, which is put beside them. */
bool sh_encode(const struct variable *variable, struct buf *out)
{
    buf_add_format(out, "export %s='", variable->name);
    for (const char *p = variable->value; *p != '\0'; p++)
        (void)(*p == '\'' ? buf_add_text(out, "'\\''") : buf_add(out, p, 1));
    return buf_add_text(out, "'\n");
}
