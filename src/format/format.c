/* SPDX-License-Identifier: MIT */
#include "format/format.h"

#include <stddef.h>
#include <string.h>

#include "base/text.h"

/* A credential is a file whose bytes are the value; systemd takes up to a mebibyte. */
#define CREDENTIAL_MAX ((size_t)1024 * 1024)

bool systemd_encode(const struct variable *variable, struct buf *out)
{
    size_t length = strlen(variable->value);

    return length <= CREDENTIAL_MAX && buf_add(out, variable->value, length);
}

/* In the order in which they are proposed for each other, and tried on a text. */
static const struct format formats[] = {
    {"dotenv", FORMAT_FILE, false, dotenv_encode, dotenv_decode, NULL, "", "", ""},
    {"sh", FORMAT_FILE, false, sh_encode, sh_decode, NULL, "", "", ""},
    {"docker", FORMAT_FILE, false, docker_encode, docker_decode, NULL, "", "", ""},
    {"fish", FORMAT_FILE, false, fish_encode, fish_decode, NULL, "", "", ""},
    {"json", FORMAT_FILE, false, json_encode, json_decode, NULL, "{\n", ",\n", "\n}\n"},
    {"yaml", FORMAT_FILE, false, yaml_encode, yaml_decode, NULL, "", "", ""},
    {"tfvars", FORMAT_FILE, true, tfvars_encode, tfvars_decode, NULL, "", "", ""},
    {"tfvars-json", FORMAT_FILE, true, tfvars_json_encode, NULL, NULL, "{\n", ",\n", "\n}\n"},
    {"github", FORMAT_APPENDED, false, github_encode, github_decode, NULL, "", "", ""},
    {"kubernetes", FORMAT_FILE, false, kubernetes_encode, kubernetes_decode, kubernetes_open, "",
     "", ""},
    {"systemd", FORMAT_DIRECTORY, false, systemd_encode, NULL, NULL, "", "", ""},
    {"aws", FORMAT_SECRET, false, json_encode, NULL, NULL, "{\n", ",\n", "\n}\n"},
};

#define COUNT (sizeof formats / sizeof *formats)

const struct format *format_find(const char *name)
{
    for (size_t i = 0; i < COUNT; i++)
        if (text_equal(formats[i].name, name))
            return &formats[i];
    return NULL;
}

bool format_check_options(const struct format *format, const struct format_options *options,
                          struct error *error)
{
    if (format->open == kubernetes_open)
        return kubernetes_check(options, error);
    if (options->name != NULL || options->namespace != NULL)
        return error_set(error, ERROR_USAGE, "--name and --namespace are for -f kubernetes alone");
    return true;
}

/* A format that carries what this one does not, and goes to the same kind of place. */
static const char *alternative(const struct format *refusing, const struct variable *variable)
{
    for (size_t i = 0; i < COUNT; i++) {
        struct buf trial = BUF_EMPTY(BUF_MAX);
        bool carried = &formats[i] != refusing && formats[i].place == FORMAT_FILE &&
                       formats[i].encode(variable, &trial);

        buf_free(&trial);
        if (carried)
            return formats[i].name;
    }
    return NULL;
}

bool format_encode(const struct format *format, const struct format_options *options,
                   const struct variables *variables, struct buf *out, struct error *error)
{
    if (format->open != NULL)
        format->open(options, out);
    else
        buf_add_text(out, format->opening);
    for (size_t i = 0; i < variables->count; i++) {
        const struct variable *variable = &variables->items[i];

        if (i > 0)
            buf_add_text(out, format->between);
        if (!format->encode(variable, out)) {
            const char *other = alternative(format, variable);

            error_set(error, ERROR_FORMAT,
                      "the format %s cannot carry the value of %s unchanged%s%s%s", format->name,
                      variable->name, other != NULL ? "; " : "", other != NULL ? other : "",
                      other != NULL ? " can" : "");
            if (other != NULL)
                error_try(error, "pritunl-access export -f %s", other);
            return false;
        }
    }
    buf_add_text(out, format->closing);
    return !out->full || error_set(error, ERROR_FORMAT, "the values are too large");
}

const char *format_decode(const char *text, size_t length, struct pairs *pairs)
{
    *pairs = (struct pairs){0};
    if (memchr(text, '\0', length) != NULL)
        return NULL;
    if (text_starts(text, "\xEF\xBB\xBF"))
        text += 3;
    for (size_t i = 0; i < COUNT; i++) {
        if (formats[i].decode == NULL)
            continue;
        if (formats[i].decode(text, pairs) && pairs->count > 0)
            return formats[i].name;
        pairs_clear(pairs);
    }
    if (mongosh_decode(text, pairs) && pairs->count > 0)
        return "mongosh";
    pairs_clear(pairs);
    return NULL;
}
