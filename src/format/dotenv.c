/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "format/format.h"

/*
 * What python-dotenv, motdotla's dotenv and Ruby's dotenv all read back unchanged with their defaults. Between single quotes:
 * no quote, no "${" (python-dotenv expands it even there), no backslash before a backslash or at the end (python-dotenv joins
 * the one, the others let the other escape the closing quote), no CR (motdotla's turns CR LF into LF). With a single quote
 * inside, double quotes do as long as nothing in there means anything to any of them.
 */
static bool fits_single(const char *value)
{
    for (const char *p = value; *p != '\0'; p++) {
        if (*p == '\'' || *p == '\r' || (*p == '$' && p[1] == '{'))
            return false;
        if (*p == '\\' && (p[1] == '\\' || p[1] == '\0'))
            return false;
    }
    return true;
}

bool dotenv_encode(const struct variable *variable, struct buf *out)
{
    const char *value = variable->value;
    const char *quote = "'";

    if (!fits_single(value)) {
        if (strpbrk(value, "\"\\$`\r\n") != NULL)
            return false;
        quote = "\"";
    }
    return buf_add_format(out, "%s=%s%s%s\n", variable->name, quote, value, quote);
}
