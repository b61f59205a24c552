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
    if (text_starts(name, "--") && option_find(name + 2, strlen(name + 2)) != OPTION_COUNT)
        error_set(error, ERROR_USAGE, "%s takes no value", printable);
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
 * its length stays. Of the options tlsCertificateKeyFilePassword and AWS_SESSION_TOKEN are secrets.
 */
static void hide_password(char *uri)
{
    char *user = strstr(uri, "://");
    char *at = user != NULL ? strchr(user + 3, '@') : NULL;
    char *colon = user != NULL ? strchr(user + 3, ':') : NULL;
    bool of_user = at != NULL && colon != NULL && colon < at;

    if (!of_user && strcasestr(uri, "Password=") == NULL &&
        strcasestr(uri, "SESSION_TOKEN") == NULL)
        return;
    memset(uri, 'x', strlen(uri));
    term_warn("a password in an argument can be read by everybody on this machine: use "
              "--mongodb-uri-file or the environment");
}

/* "--wait 60": the number is a word, and would be taken for the administrator's name. */
static void warn_detached(const char *option, const char *word)
{
    enum option_id id =
        text_starts(option, "--") ? option_find(option + 2, strlen(option + 2)) : OPTION_COUNT;

    if (id != OPTION_COUNT && option_table[id].type == OPTION_IS_OPTIONAL_NUMBER && *word != '\0' &&
        strspn(word, "0123456789") == strlen(word))
        term_warn("the %s behind %s is a word of its own; as its value it is written %s=%s", word,
                  option, option, word);
}

/* "exec --issue -- make": what ends the options is no value, unless a name is wanted. */
static bool is_end_of_options(enum option_id option, char **argv)
{
    return option != OPTION_ADMINISTRATOR && optarg != NULL && optarg == argv[optind - 1] &&
           text_equal(optarg, "--");
}

/* One option of getopt's; value is what it returned, before what optind was. */
static bool take_argument(int value, int before, char **argv, struct run *run)
{
    enum option_id option =
        value >= LONG_BASE ? (enum option_id)(value - LONG_BASE) : by_letter(value);
    const char *given = current(argv, before);
    char from[OPTION_NAME_SIZE + 2];

    if (value == WORD) {
        warn_detached(argv[before - 1], optarg);
        run->words[run->word_count++] = optarg;
        return true;
    }
    if (is_end_of_options(option, argv))
        return error_set(run->error, ERROR_USAGE, "%s wants a value", argv[optind - 2]);
    if (value == ':')
        return error_set(run->error, ERROR_USAGE, "%s wants a value", given);
    if (value == '?' || option == OPTION_COUNT)
        return unknown_option(given, run->error);
    snprintf(from, sizeof from, "--%s", option_table[option].name);
    if (value >=
        /* getopt takes abbreviations; a script that used one would break with the next option */
        LONG_BASE) {
        const char *text = argv[before];
        size_t length = strlen(from);

        if (!text_starts(text, from) || (text[length] != '\0' && text[length] != '='))
            return unknown_option(text, run->error);
    }
    if (!settings_set(run->settings, option, ORIGIN_OPTION, from, optarg, run->error))
        return false;
    if (option == OPTION_MONGODB_URI)
        hide_password(optarg);
    return true;
}

/*
 * No command is named, or none that there is. Who gives a format may be one that knows errors in a
 * form of its own only (a plugin's 2 would be CRITICAL): whichever command has such says so.
 */
static void leave_to_format(struct run *run)
{
    for (size_t i = 0; settings_given(run->settings, OPTION_FORMAT) && run->commands[i] != NULL;
         i++)
        if (run->commands[i]->tell_error != NULL)
            run->command = run->commands[i];
}

static bool name_command(struct run *run)
{
    const struct command *command = NULL;
    const char *nearest = NULL;
    char *printable = NULL;

    if (run->word_count == 0)
        return true;
    command = command_find(run->commands, run->words[0]);
    if (command == NULL) {
        nearest = command_nearest(run->commands, run->words[0]);
        printable = text_printable(run->words[0], strlen(run->words[0]));
        error_set(run->error, ERROR_USAGE, "unknown command %s", printable);
        mem_free(printable);
        leave_to_format(run);
        return error_try(run->error, "pritunl-access %s", nearest != NULL ? nearest : "help");
    }
    run->command = command;
    memmove(run->words, run->words + 1, (size_t)--run->word_count * sizeof *run->words);
    return true;
}

/* Options alone, of which some belong to a command. */
static bool refuse_nameless(struct run *run)
{
    leave_to_format(run);
    error_set(run->error, ERROR_USAGE, "no command is given");
    return error_try(run->error, "pritunl-access help");
}

/* Does the command take what it was given? */
static bool fits_command(struct run *run, bool is_named)
{
    const struct command *command = run->command;

    for (int i = SETTING_COUNT; i < OPTION_COUNT; i++)
        if (settings_given(run->settings, (enum option_id)i) &&
            !command_takes(command, (enum option_id)i)) {
            if (!is_named)
                return refuse_nameless(run);
            error_set(run->error, ERROR_USAGE, "%s does not take --%s", command->name,
                      option_table[i].name);
            return error_try(run->error, "pritunl-access help %s", command->name);
        }
    if (command->max_words >= 0 && run->word_count > command->max_words) {
        char *word = run->words[command->max_words];
        char *printable = text_printable(word, strlen(word));

        error_set(run->error, ERROR_USAGE, "%s: one argument too many: %s", command->name,
                  printable);
        mem_free(printable);
        return error_try(run->error,
                         command->takes_command ? "pritunl-access %s -- COMMAND"
                                                : "pritunl-access help %s",
                         command->name);
    }
    return true;
}

/*
 * getopt_long(); before: where it stood. It keeps its place inside a word of short options, and
 * forgets one of an earlier call where optind is 0.
 */
static int next_option(int argc, char **argv, const char *letters, const struct option *rows,
                       int *before)
{
    *before = optind > 0 ? optind : 1;
    return getopt_long(argc, argv, letters, rows, NULL);
}

/*
 * An option is wrong. Which command it was meant for still decides the exit status, and the format
 * how it is said (a plugin's 2 would be CRITICAL), wherever they stand.
 */
static void guess_command(int argc, char **argv, const char *letters, const struct option *rows,
                          struct run *run)
{
    const struct command *command = NULL;
    struct error first = *run->error;
    int before = 0;
    int value = 0;

    while ((value = next_option(argc, argv, letters, rows, &before)) != -1)
        if (value == WORD || value == LONG_BASE + OPTION_FORMAT ||
            value == option_table[OPTION_FORMAT].letter)
            take_argument(value, before, argv, run);
    *run->error = first;
    if (run->word_count > 0)
        command = command_find(run->commands, run->words[0]);
    if (command != NULL)
        run->command = command;
    else
        leave_to_format(run);
}

bool arguments_parse(int argc, char **argv, struct run *run)
{
    struct option rows[OPTION_COUNT + 1];
    char letters[LETTERS_SIZE];
    bool is_named = false;
    int before = 0;
    int value = 0;

    run->words = mem_zero((size_t)argc + 1, sizeof(char *));
    build(rows, letters);
    optind = 0;
    opterr = 0;
    while ((value = next_option(argc, argv, letters, rows, &before)) != -1)
        if (!take_argument(value, before, argv, run)) {
            guess_command(argc, argv, letters, rows, run);
            return false;
        }
    is_named = run->word_count > 0;
    if (!name_command(run))
        return false;
    if (optind > 1 && optind <= argc && text_equal(argv[optind - 1], "--")) {
        if (run->command->takes_command)
            run->rest = argv + optind;
        else
            for (int i = optind; i < argc; i++)
                run->words[run->word_count++] = argv[i];
    }
    return fits_command(run, is_named);
}

void arguments_clear(struct run *run)
{
    mem_free(run->words);
    run->words = NULL;
}
