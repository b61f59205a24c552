/* SPDX-License-Identifier: MIT */
/*
 * commands.h - what a command is, and one run of it.
 *
 * A command's row stands at the foot of its own file in cmd/; main.c has the one array of them.
 * Parsing, help, manual and completion are made from that array and from the table of options.
 */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include <stdbool.h>

#include "base/error.h"
#include "cli/options.h"
#include "cli/settings.h"

struct run;

/* What people come for, in the order of help. */
enum command_group {
    GROUP_LOOK,
    GROUP_HAND_OVER,
    GROUP_MEND,
    GROUP_TEMPORARY,
    GROUP_RAW,
    GROUP_HELP,
    GROUP_COUNT
};

struct command {
    const char *name;
    enum command_group group;
    const char *everyday;           /* its line at the top of help; NULL: not for every day */
    const char *everyday_for;       /* and what that is for */
    const enum option_id *settings; /* those that matter for it; NULL: those that always do */
    const char *arguments;          /* as the synopsis shows them */
    const char *summary;            /* one line, no full stop */
    const char *description;        /* whole sentences */
    const char *const *examples;    /* NULL-terminated pairs: what for, command line */
    const enum option_id *options;  /* its own, OPTION_COUNT behind the last; NULL: none */
    int max_words;                  /* before "--"; -1: as many as there are */
    const char *choices;            /* blank-separated words that its word may be; NULL: anything */
    bool names_command;             /* its word is a command's name */
    bool takes_command;             /* what follows "--" is a command line of its own */
    bool ignores_files;             /* a broken configuration must not keep anybody from it */
    int failure;                    /* the exit status of whatever fails; 0: by the error's kind */
    /*
     * run(run): true where it has answered, with run->status; false with the error that main
     * prints.
     */
    bool (*run)(struct run *run);
    /*
     * tell_error(run): for a command whose reader expects an error in a form of its own: true where
     * it has told run's error so, with run->status. NULL: main does.
     */
    bool (*tell_error)(struct run *run);
};

struct run {
    const struct command *const *commands; /* all there are, NULL-terminated */
    const struct command *command;         /* this one */
    char **words; /* what is neither command nor option, up to "--"; pointing into argv */
    int word_count;
    char **rest; /* what follows "--", NULL-terminated; NULL without "--" */
    struct settings *settings;
    int status; /* 0, unless the command says otherwise */
    struct error *error;
};

/* run_word(run, index): the word, or NULL where there are fewer. */
const char *run_word(const struct run *run, int index);

/* command_find(commands, name): NULL where there is none. */
const struct command *command_find(const struct command *const *commands, const char *name);

/* command_nearest(commands, name): the closest name, or NULL. */
const char *command_nearest(const struct command *const *commands, const char *name);

/* command_takes(command, option): may it be given that? */
bool command_takes(const struct command *command, enum option_id option);

#endif
