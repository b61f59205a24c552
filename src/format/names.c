/* SPDX-License-Identifier: MIT */
#include "format/names.h"

#include "base/mem.h"
#include "base/text.h"

#define INSECURE "PRITUNL_INSECURE"
#define INSECURE_TFVARS "pritunl_insecure"

static const char *credential_part(const struct access *access, int part)
{
    return part == PART_URL ? access->url : part == PART_TOKEN ? access->token : access->secret;
}

static bool add_variable(struct variables *variables, const char *name, const char *value,
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

static bool add_set(struct variables *variables, const struct set *set, const struct access *access,
                    struct error *error)
{
    for (int part = 0; part < PART_COUNT; part++)
        if (set->parts[part] != NULL &&
            !add_variable(variables, set->parts[part], credential_part(access, part), error))
            return false;
    return true;
}

bool names_make(const struct names_config *config, const struct access *access,
                struct variables *variables, struct error *error)
{
    bool done = false;

    *variables = (struct variables){0};
    done = sets_read(config->names, config->tfvars, &variables->sets, error);
    for (size_t i = 0; done && i < variables->sets.count; i++)
        done = add_set(variables, &variables->sets.items[i], access, error);
    if (done && config->insecure_consumer)
        done = add_variable(variables, config->tfvars ? INSECURE_TFVARS : INSECURE, "true", error);
    if (!done)
        names_clear(variables);
    return done;
}

void names_clear(struct variables *variables)
{
    mem_free(variables->items);
    sets_clear(&variables->sets);
    *variables = (struct variables){0};
}

bool names_check(const struct names_config *config, struct error *error)
{
    struct access *access = access_new(NULL, "", "");
    struct variables variables = {0};
    bool done = false;

    access_set_url(access, "", "");
    done = names_make(config, access, &variables, error);
    names_clear(&variables);
    access_free(access);
    return done;
}

bool names_is_known(const char *names, const char *name)
{
    struct sets sets = {0};
    struct error ignored;
    size_t count = 0;
    const struct set *known = sets_known(&count);
    bool found = text_equal(name, INSECURE) || text_equal(name, INSECURE_TFVARS);

    for (size_t i = 0; i < count; i++)
        found = found || set_has(&known[i], name);
    if (!found && names != NULL)
        found = sets_read(names, false, &sets, &ignored) && sets_hold(&sets, name);
    sets_clear(&sets);
    return found;
}
