/* SPDX-License-Identifier: MIT */
#include "cli/commands.h"

#include <stddef.h>

#include "base/mem.h"
#include "base/text.h"

const char *run_word(const struct run *run, int index)
{
    return index < run->word_count ? run->words[index] : NULL;
}

const struct command *command_find(const struct command *const *commands, const char *name)
{
    for (; *commands != NULL; commands++)
        if (text_equal((*commands)->name, name))
            return *commands;
    return NULL;
}

const char *command_nearest(const struct command *const *commands, const char *name)
{
    const char **names = NULL;
    const char *nearest = NULL;
    size_t count = 0;

    while (commands[count] != NULL)
        count++;
    names = mem_zero(count, sizeof *names);
    for (size_t i = 0; i < count; i++)
        names[i] = commands[i]->name;
    nearest = text_nearest(name, names, count);
    mem_free(names);
    return nearest;
}

bool command_takes(const struct command *command, enum option_id option)
{
    if (option_is_common(option))
        return true;
    for (const enum option_id *own = command->options; own != NULL && *own != OPTION_COUNT; own++)
        if (*own == option)
            return true;
    return false;
}
