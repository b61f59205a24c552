/* SPDX-License-Identifier: MIT */
#include "place/child.h"

#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"

static bool is_named(const char *entry, const char *name)
{
    size_t length = strlen(name);

    return strncmp(entry, name, length) == 0 && entry[length] == '=';
}

static bool is_one_of(const char *entry, const char *const *names)
{
    for (; *names != NULL; names++)
        if (is_named(entry, *names))
            return true;
    return false;
}

static bool passes(const char *entry, bool pristine, const struct variables *variables)
{
    static const char *const kept[] = {"PATH", "HOME", "LANG", "TERM", NULL};
    static const char *const dropped[] = {
        "PRITUNL_MONGODB_URI", "PRITUNL_MONGODB_URI_FILE", "MONGODB_URI", "MONGODB_URI_FILE",
        "MONGO_URI",           "MONGO_URI_FILE",           NULL};

    if (pristine ? !is_one_of(entry, kept)
                 : text_starts(entry, "PRITUNL_ACCESS_") || is_one_of(entry, dropped))
        return false;
    for (size_t i = 0; i < variables->count; i++)
        if (is_named(entry, variables->items[i].name))
            return false;
    return true;
}

char **child_environment(const struct variables *variables, bool pristine)
{
    size_t room = variables->count + 1;
    size_t count = 0;
    char **environment = NULL;

    for (char **entry = environ; *entry != NULL; entry++)
        room++;
    environment = mem_zero(room, sizeof *environment);
    for (char **entry = environ; *entry != NULL; entry++)
        if (passes(*entry, pristine, variables))
            environment[count++] = mem_text(*entry);
    for (size_t i = 0; i < variables->count; i++)
        environment[count++] =
            text_format("%s=%s", variables->items[i].name, variables->items[i].value);
    return environment;
}

void child_free(char **environment)
{
    for (char **entry = environment; entry != NULL && *entry != NULL; entry++)
        mem_free(*entry);
    mem_free(environment);
}
