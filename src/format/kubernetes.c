/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "format/format.h"
#include "io/crypto.h"

#define DEFAULT_NAME "pritunl-api"
#define NAME_MAX_LENGTH 253
#define LABEL_MAX_LENGTH 63

bool kubernetes_encode(const struct variable *variable, struct buf *out)
{
    char *base64 = crypto_base64(variable->value, strlen(variable->value));
    bool done = false;

    buf_add_text(out, "  ");
    yaml_add_name(variable->name, out);
    done = buf_add_format(out, "\"%s\"\n", base64);
    mem_free(base64);
    return done;
}

/* Small letters and digits, and hyphens inside (RFC 1123). */
static bool is_label(const char *text, size_t length)
{
    static const char inside[] = "abcdefghijklmnopqrstuvwxyz0123456789-";

    return length > 0 && strspn(text, inside) >= length && text[0] != '-' &&
           text[length - 1] != '-';
}

/* Labels with dots between. Kubernetes limits the length of the whole alone. */
static bool is_subdomain(const char *text)
{
    size_t length = strcspn(text, ".");

    if (strlen(text) > NAME_MAX_LENGTH)
        return false;
    while (is_label(text, length) && text[length] == '.') {
        text += length + 1;
        length = strcspn(text, ".");
    }
    return is_label(text, length) && text[length] == '\0';
}

static bool is_namespace(const char *text)
{
    return strlen(text) <= LABEL_MAX_LENGTH && is_label(text, strlen(text));
}

bool kubernetes_check(const struct format_options *options, struct error *error)
{
    if (options->name != NULL && !is_subdomain(options->name))
        return error_set(error, ERROR_USAGE,
                         "--name: small letters, digits, hyphens and dots are wanted, at most %d "
                         "characters, as Kubernetes names its objects",
                         NAME_MAX_LENGTH);
    if (options->namespace != NULL && !is_namespace(options->namespace))
        return error_set(error, ERROR_USAGE,
                         "--namespace: small letters, digits and hyphens are wanted, at most %d "
                         "characters",
                         LABEL_MAX_LENGTH);
    return true;
}

void kubernetes_open(const struct format_options *options, struct buf *out)
{
    buf_add_format(out, "apiVersion: v1\nkind: Secret\nmetadata:\n  name: \"%s\"\n",
                   options->name != NULL ? options->name : DEFAULT_NAME);
    if (options->namespace != NULL)
        buf_add_format(out, "  namespace: \"%s\"\n", options->namespace);
    buf_add_text(out, "type: Opaque\ndata:\n");
}
