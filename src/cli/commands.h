/* SPDX-License-Identifier: MIT */
/*
 * commands.h - the table of commands: what there is, in one place, for parsing, help, man page and
 * completion.
 */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include <stdbool.h>

enum command {
    COMMAND_LIST,
    COMMAND_SHOW,
    COMMAND_VERIFY,
    COMMAND_EXPORT,
    COMMAND_EXEC,
    COMMAND_DOCTOR,
    COMMAND_ENABLE,
    COMMAND_DISABLE,
    COMMAND_ROTATE,
    COMMAND_UNDO,
    COMMAND_BOOTSTRAP,
    COMMAND_ISSUE,
    COMMAND_REVOKE,
    COMMAND_RECOVER,
    COMMAND_SNAPSHOT,
    COMMAND_RESTORE,
    COMMAND_AUDIT,
    COMMAND_API,
    COMMAND_SIGN,
    COMMAND_ROUTES,
    COMMAND_DUMP,
    COMMAND_FORGET,
    COMMAND_CONFIG,
    COMMAND_COMPLETION,
    COMMAND_HELP,
    COMMAND_COUNT
};

struct command_row {
    const char *name;
    const char *arguments;       /* as the synopsis shows them */
    const char *summary;         /* one line, no full stop */
    const char *description;     /* whole sentences */
    const char *const *examples; /* NULL-terminated pairs: what for, command line */
    int max_arguments;           /* before "--"; -1: as many as there are */
    bool takes_command;          /* what follows "--" is a command line of its own */
};

extern const struct command_row command_table[COMMAND_COUNT];

/*
 * command_find(name): COMMAND_COUNT where there is none; *nearest is then the closest name, or
 * NULL.
 */
enum command command_find(const char *name, const char **nearest);

#endif
