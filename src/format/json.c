/* SPDX-License-Identifier: MIT */
#include "io/json.h"

#include <string.h>

#include "base/text.h"
#include "format/format.h"

bool json_encode(const struct variable *variable, struct buf *out)
{
    struct json *value = NULL;
    bool done = false;

    if (!text_is_utf8(variable->value, strlen(variable->value)))
        return false;
    value = json_make_text(variable->value);
    done = buf_add_format(out, "    \"%s\": ", variable->name) && json_write(value, 0, out);
    json_free(value);
    return done;
}
