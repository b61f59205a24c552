/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "format/format.h"

/* A credential is a file whose bytes are the value; systemd takes up to a mebibyte. */
#define CREDENTIAL_MAX ((size_t)1024 * 1024)

bool systemd_encode(const struct variable *variable, struct buf *out)
{
    size_t length = strlen(variable->value);

    return length <= CREDENTIAL_MAX && buf_add(out, variable->value, length);
}
