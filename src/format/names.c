/* SPDX-License-Identifier: MIT */
#include "format/names.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"

enum part { PART_URL, PART_TOKEN, PART_SECRET, PART_COUNT };

static const char *const part_names[PART_COUNT] = {"url", "token", "secret"};

static const struct {
    const char *name;
    const char *parts[PART_COUNT];
} sets[] = {
    {"terraform", {"PRITUNL_URL", "PRITUNL_TOKEN", "PRITUNL_SECRET"}},
    {"pritunl-api", {"PRITUNL_BASE_URL", "PRITUNL_API_TOKEN", "PRITUNL_API_SECRET"}},
    {"exporter", {"PRITUNL_URL", "PRITUNL_ADMIN_TOKEN", "PRITUNL_ADMIN_SECRET"}},
    {"ansible", {"pritunl_url", "pritunl_api_token", "pritunl_api_secret"}},
    {"tfvar", {"TF_VAR_pritunl_url", "TF_VAR_pritunl_token", "TF_VAR_pritunl_secret"}},
};

static const char *value_of(const struct access *access, enum part part)
{
    return part == PART_URL ? access->url : part == PART_TOKEN ? access->token : access->secret;
}

static bool add(struct variables *variables, const char *name, const char *value,
                struct error *error)
{
    for (size_t i = 0; i < variables->count; i++) {
        if (!text_equal(variables->items[i].name, name))
            continue;
        if (variables->items[i].value == value)
            return true;
        return error_set(error, ERROR_USAGE, "names: %s stands for two different things", name);
    }
    variables->items =
        mem_grow(variables->items, (variables->count + 1) * sizeof *variables->items);
    variables->items[variables->count++] = (struct variable){name, value};
    return true;
}

static bool add_set(struct variables *variables, const char *const parts[PART_COUNT],
                    const struct access *access, struct error *error)
{
    for (int part = 0; part < PART_COUNT; part++)
        if (parts[part] != NULL &&
            !add(variables, parts[part], value_of(access, (enum part)part), error))
            return false;
    return true;
}

static bool malformed(const char *text, struct error *error)
{
    char *printable = text_printable(text, strlen(text));

    error_set(error, ERROR_USAGE, "names: %s is neither a known set nor url=X,token=Y,secret=Z",
              printable);
    mem_free(printable);
    return error_try(error, "--names terraform, pritunl-api, exporter, ansible or tfvar");
}

/* "url=X,token=Y,secret=Z", in any order; cut to pieces in place. */
static bool read_custom(char *text, const char *parts[PART_COUNT], struct error *error)
{
    char *rest = NULL;

    for (char *item = strtok_r(text, ",", &rest); item != NULL; item = strtok_r(NULL, ",", &rest)) {
        char *name = strchr(item, '=');
        int part = 0;

        if (name == NULL)
            return malformed(item, error);
        *name++ = '\0';
        while (part < PART_COUNT && !text_equal(part_names[part], item))
            part++;
        if (part == PART_COUNT || parts[part] != NULL)
            return malformed(item, error);
        if (!text_is_name(name))
            return error_set(error, ERROR_USAGE,
                             "names: the name for %s must match [A-Za-z_][A-Za-z0-9_]*", item);
        parts[part] = name;
    }
    return true;
}

static bool add_group(struct variables *variables, char *group, const struct access *access,
                      struct error *error)
{
    const char *parts[PART_COUNT] = {NULL};

    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
        if (text_equal(sets[i].name, group))
            return add_set(variables, sets[i].parts, access, error);
    if (strchr(group, '=') == NULL)
        return malformed(group, error);
    return read_custom(group, parts, error) && add_set(variables, parts, access, error);
}

bool names_make(const char *names, const struct access *access, bool insecure_consumer,
                struct variables *variables, struct error *error)
{
    char *rest = NULL;

    *variables = (struct variables){.text = mem_text(names)};
    for (char *group = strtok_r(variables->text, "+", &rest); group != NULL;
         group = strtok_r(NULL, "+", &rest))
        if (!add_group(variables, group, access, error))
            goto fail;
    if (variables->count == 0) {
        malformed(names, error);
        goto fail;
    }
    if (insecure_consumer && !add(variables, "PRITUNL_INSECURE", "true", error))
        goto fail;
    return true;
fail:
    names_clear(variables);
    return false;
}

void names_clear(struct variables *variables)
{
    mem_free(variables->items);
    mem_free(variables->text);
    *variables = (struct variables){0};
}
