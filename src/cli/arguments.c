/* SPDX-License-Identifier: MIT */
#include "cli/arguments.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"

#define WORD 1 /* what getopt calls a word in between, with '-' in front of its letters */
#define LONG_BASE                                                                                  \
    256 /* getopt's value of a long option is this and its number, beyond any letter */
#define LETTERS_SIZE (3 + 2 * OPTION_COUNT)

static void build(struct option rows[OPTION_COUNT + 1], char letters[LETTERS_SIZE])
{
    size_t length = 0;

    letters[length++] = '-';
    letters[length++] = ':';
    for (int i = 0; i < OPTION_COUNT; i++) {
        const struct option_row *row = &option_table[i];
        int has_argument = row->type == OPTION_IS_FLAG              ? no_argument
                           : row->type == OPTION_IS_OPTIONAL_NUMBER ? optional_argument
                                                                    : required_argument;

        rows[i] = (struct option){row->name, has_argument, NULL, LONG_BASE + i};
        if (row->letter == 0)
            continue;
        letters[length++] = row->letter;
        if (has_argument == required_argument)
            letters[length++] = ':';
    }
    rows[OPTION_COUNT] = (struct option){0};
    letters[length] = '\0';
}

static enum option_id by_letter(int letter)
{
    for (int i = 0; i < OPTION_COUNT; i++)
        if (letter != 0 && option_table[i].letter == letter)
            return (enum option_id)i;
    return OPTION_COUNT;
}

static bool unknown_option(const char *given, struct error *error)
{
    char *name = mem_copy(given, strcspn(given, "="));
    char *printable = text_printable(name, strlen(name));
    enum option_id nearest = OPTION_COUNT;

    error_set(error, ERROR_USAGE, "unknown option %s", printable);
    if (text_starts(name, "--"))
        nearest = option_nearest(name + 2);
    if (nearest != OPTION_COUNT)
        error_try(error, "--%s", option_table[nearest].name);
    else
        error_try(error, "pritunl-access help");
    mem_free(name);
    mem_free(printable);
    return false;
}

/*
 * The argument that getopt has just finished with; for letters joined to one another it may be the
 * one at optind.
 */
static const char *current(char **argv, int before)
{
    return argv[optind > before ? optind - 1 : optind];
}

/*
 * An argument list can be read by everybody on the machine. The URI lives on as a copy; here only
 * its length stays.
 */
static void hide_password(char *uri)
{
    char *user = strstr(uri, "://");
    char *at = user != NULL ? strchr(user + 3, '@') : NULL;
    char *colon = user != NULL ? strchr(user + 3, ':') : NULL;

    if (at == NULL || colon == NULL || colon > at)
        return;
    memset(uri, 'x', strlen(uri));
    term_warn("a password in an argument can be read by everybody on this machine: use "
              "--mongodb-uri-file or the environment");
}

/* One option of getopt's; value is what it returned, before what optind was. */
static bool take_argument(int value, int before, char **argv, struct arguments *arguments,
                          struct settings *settings, struct error *error)
{
    enum option_id option =
        value >= LONG_BASE ? (enum option_id)(value - LONG_BASE) : by_letter(value);
    const char *given = current(argv, before);
    char from[OPTION_NAME_SIZE + 2];

    if (value == WORD) {
        arguments->words[arguments->word_count++] = optarg;
        return true;
    }
    if (value == ':')
        return error_set(error, ERROR_USAGE, "%s wants a value", given);
    if (value == '?' || option == OPTION_COUNT)
        return unknown_option(given, error);
    snprintf(from, sizeof from, "--%s", option_table[option].name);
    if (value >=
        /* getopt takes abbreviations; a script that used one would break with the next option */
        LONG_BASE) {
        const char *text = argv[before];
        size_t length = strlen(from);

        if (!text_starts(text, from) || (text[length] != '\0' && text[length] != '='))
            return unknown_option(text, error);
    }
    if (!settings_set(settings, option, ORIGIN_OPTION, from, optarg, error))
        return false;
    if (option == OPTION_MONGODB_URI)
        hide_password(optarg);
    return true;
}

static bool name_command(struct arguments *arguments, struct error *error)
{
    const char *nearest = NULL;
    char *printable = NULL;

    arguments->command = COMMAND_HELP;
    if (arguments->word_count == 0)
        return true;
    arguments->command = command_find(arguments->words[0], &nearest);
    if (arguments->command == COMMAND_COUNT) {
        printable = text_printable(arguments->words[0], strlen(arguments->words[0]));
        error_set(error, ERROR_USAGE, "unknown command %s", printable);
        mem_free(printable);
        return error_try(error, "pritunl-access %s", nearest != NULL ? nearest : "help");
    }
    memmove(arguments->words, arguments->words + 1,
            (size_t)--arguments->word_count * sizeof *arguments->words);
    return true;
}

/* Does the command take what it was given? */
static bool fits(const struct arguments *arguments, const struct settings *settings,
                 struct error *error)
{
    const struct command_row *row = &command_table[arguments->command];

    for (int i = SETTING_COUNT; i < OPTION_COUNT; i++)
        if (settings_given(settings, (enum option_id)i) &&
            !option_applies((enum option_id)i, arguments->command)) {
            error_set(error, ERROR_USAGE, "%s does not take --%s", row->name, option_table[i].name);
            return error_try(error, "pritunl-access help %s", row->name);
        }
    if (row->max_arguments >= 0 && arguments->word_count > row->max_arguments) {
        char *word = arguments->words[row->max_arguments];
        char *printable = text_printable(word, strlen(word));

        error_set(error, ERROR_USAGE, "%s: one argument too many: %s", row->name, printable);
        mem_free(printable);
        return error_try(error,
                         arguments->command == COMMAND_EXEC ? "pritunl-access exec -- COMMAND"
                                                            : "pritunl-access help %s",
                         row->name);
    }
    return true;
}

/* An option is wrong. Which command it was meant for still decides the exit status. */
static void guess_command(int argc, char **argv, const char *letters, const struct option *rows,
                          struct arguments *arguments)
{
    const char *nearest = NULL;
    enum command command = COMMAND_COUNT;
    int value = 0;

    while (arguments->word_count == 0 &&
           (value = getopt_long(argc, argv, letters, rows, NULL)) != -1)
        if (value == WORD)
            arguments->words[arguments->word_count++] = optarg;
    if (arguments->word_count > 0)
        command = command_find(arguments->words[0], &nearest);
    if (command != COMMAND_COUNT)
        arguments->command = command;
}

bool arguments_parse(int argc, char **argv, struct arguments *arguments, struct settings *settings,
                     struct error *error)
{
    struct option rows[OPTION_COUNT + 1];
    char letters[LETTERS_SIZE];
    int before = 1;
    int value = 0;

    *arguments = (struct arguments){.command = COMMAND_HELP,
                                    .words = mem_zero((size_t)argc + 1, sizeof(char *))};
    build(rows, letters);
    optind = 1;
    opterr = 0;
    while (before = optind, (value = getopt_long(argc, argv, letters, rows, NULL)) != -1)
        if (!take_argument(value, before, argv, arguments, settings, error)) {
            guess_command(argc, argv, letters, rows, arguments);
            return false;
        }
    if (!name_command(arguments, error))
        return false;
    if (optind > 1 && optind <= argc && text_equal(argv[optind - 1], "--")) {
        if (command_table[arguments->command].takes_command)
            arguments->rest = argv + optind;
        else
            for (int i = optind; i < argc; i++)
                arguments->words[arguments->word_count++] = argv[i];
    }
    return fits(arguments, settings, error);
}

void arguments_clear(struct arguments *arguments)
{
    mem_free(arguments->words);
    arguments->words = NULL;
}
