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

#define VAR_FILE "terraform plan -var-file=%s"

/* In the order in which they are proposed for each other. */
static const struct format formats[] = {
    {.name = "dotenv",
     .encode = dotenv_encode,
     .decode = dotenv_decode,
     .use = "set -a; . %s; set +a"},
    {.name = "sh", .encode = sh_encode, .decode = sh_decode, .use = ". %s"},
    {.name = "docker",
     .encode = docker_encode,
     .decode = docker_decode,
     .use = "docker run --env-file %s IMAGE"},
    {.name = "fish", .encode = fish_encode, .decode = fish_decode, .use = "source %s"},
    {.name = "json",
     .encode = json_encode,
     .decode = json_decode,
     .opening = "{\n",
     .between = ",\n",
     .closing = "\n}\n"},
    {.name = "yaml", .encode = yaml_encode, .decode = yaml_decode},
    {.name = "tfvars",
     .encode = tfvars_encode,
     .decode = tfvars_decode,
     .tfvars = true,
     .use = VAR_FILE},
    {.name = "tfvars-json",
     .encode = tfvars_json_encode,
     .use = VAR_FILE,
     .tfvars = true,
     .opening = "{\n",
     .between = ",\n",
     .closing = "\n}\n"},
    {.name = "github", .encode = github_encode, .decode = github_decode, .place = FORMAT_APPENDED},
    {.name = "kubernetes",
     .encode = kubernetes_encode,
     .open = kubernetes_open,
     .use = "kubectl apply -f %s"},
    {.name = "systemd",
     .encode = systemd_encode,
     .place = FORMAT_DIRECTORY,
     .use = "LoadCredential=pritunl:%s in the unit"},
    {.name = "aws",
     .encode = json_encode,
     .place = FORMAT_SECRET,
     .opening = "{\n",
     .between = ",\n",
     .closing = "\n}\n"},
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

static void add_optional(struct buf *out, const char *text)
{
    if (text != NULL)
        buf_add_text(out, text);
}

bool format_encode(const struct format *format, const struct format_options *options,
                   const struct variables *variables, struct buf *out, struct error *error)
{
    if (format->open != NULL)
        format->open(options, out);
    else
        add_optional(out, format->opening);
    for (size_t i = 0; i < variables->count; i++) {
        const struct variable *variable = &variables->items[i];

        if (i > 0)
            add_optional(out, format->between);
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
    add_optional(out, format->closing);
    return !out->full || error_set(error, ERROR_FORMAT, "the values are too large");
}
