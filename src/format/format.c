/* SPDX-License-Identifier: MIT */
#include "format/format.h"

#include <stddef.h>

#include "base/text.h"

static const struct format formats[] = {
    {"dotenv", dotenv_encode, "", "", ""},
    {"sh", sh_encode, "", "", ""},
    {"json", json_encode, "{\n", ",\n", "\n}\n"},
    {"yaml", yaml_encode, "", "", ""},
};

const struct format *format_find(const char *name)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (text_equal(formats[i].name, name))
            return &formats[i];
    return NULL;
}

/* A format that carries what this one does not. */
static const char *alternative(const struct format *refusing, const struct variable *variable)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        struct buf trial = BUF_EMPTY(BUF_MAX);
        bool carried = &formats[i] != refusing && formats[i].encode(variable, &trial);

        buf_free(&trial);
        if (carried)
            return formats[i].name;
    }
    return NULL;
}

bool format_encode(const struct format *format, const struct variables *variables, struct buf *out,
                   struct error *error)
{
    buf_add_text(out, format->opening);
    for (size_t i = 0; i < variables->count; i++) {
        const struct variable *variable = &variables->items[i];

        if (i > 0)
            buf_add_text(out, format->between);
        if (!format->encode(variable, out)) {
            const char *other = alternative(format, variable);

            error_set(error, ERROR_FORMAT, "the format %s cannot carry the value of %s unchanged",
                      format->name, variable->name);
            if (other != NULL)
                error_try(error, "-f %s", other);
            return false;
        }
    }
    buf_add_text(out, format->closing);
    return !out->full || error_set(error, ERROR_FORMAT, "the values are too large");
}
