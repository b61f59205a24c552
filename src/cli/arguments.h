/* SPDX-License-Identifier: MIT */
/*
 * arguments.h - the command line, taken apart.
 */
#ifndef CLI_ARGUMENTS_H
#define CLI_ARGUMENTS_H

#include "base/error.h"
#include "cli/settings.h"

struct arguments {
    enum command command; /* COMMAND_HELP where none is named */
    char **words;         /* what is neither command nor option, up to "--"; pointing into argv */
    int word_count;
    char **rest; /* what follows "--", NULL-terminated; NULL without "--" */
};

/*
 * arguments_parse(argc, argv, arguments, settings, error)
 *
 * Options stand anywhere before "--" and are taken over into settings (--name VALUE, --name=VALUE,
 * -n VALUE, -nVALUE, flags of one letter joined; names are never abbreviated). A value of
 * --mongodb-uri with a password is wiped from argv afterwards. What follows "--" is a word too,
 * unless the command takes a command line there. ERROR_USAGE.
 */
bool arguments_parse(int argc, char **argv, struct arguments *arguments, struct settings *settings,
                     struct error *error);
void arguments_clear(struct arguments *arguments);

#endif
