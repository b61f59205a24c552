/* SPDX-License-Identifier: MIT */
#include "cli/complete.h"

#include <string.h>

#include "base/text.h"
#include "cli/options.h"

/* What was typed before the word under the cursor. */
struct typed {
    const struct command *command; /* NULL: not yet */
    int words;                     /* of the command's, behind its name */
    enum option_id wanting;        /* the option whose value comes next; or OPTION_COUNT */
    size_t rest;                   /* where the command line behind "--" begins; 0: none */
};

void complete_offer(struct complete *complete, const char *word, const char *what_for)
{
    for (const char *at = word; *at != '\0'; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            return;
    if (!text_starts(word, complete->word + complete->prefix))
        return;
    buf_add(&complete->offers, complete->word, complete->prefix);
    buf_add_format(&complete->offers, "%s\t%s\n", word, what_for != NULL ? what_for : "");
}

static void offer_each(struct complete *complete, const char *words)
{
    char word[64];

    while (*words != '\0') {
        size_t length = strcspn(words, " ");

        if (length > 0 && length < sizeof word) {
            memcpy(word, words, length);
            word[length] = '\0';
            complete_offer(complete, word, NULL);
        }
        words += length + (words[length] == ' ');
    }
}

static void offer_commands(const struct command *const *commands, struct complete *complete)
{
    for (size_t i = 0; commands[i] != NULL; i++)
        complete_offer(complete, commands[i]->name, commands[i]->summary);
}

static void offer_options(const struct command *command, struct complete *complete)
{
    char dashed[OPTION_NAME_SIZE + 2];

    for (int i = 0; i < OPTION_COUNT; i++) {
        const struct option_row *row = &option_table[i];

        if (command == NULL ? !option_is_common((enum option_id)i) && i != OPTION_VERSION
                            : !command_takes(command, (enum option_id)i))
            continue;
        dashed[0] = dashed[1] = '-';
        memcpy(dashed + 2, row->name, strlen(row->name) + 1);
        complete_offer(complete, dashed, row->help);
    }
}

static enum option_id option_of_letter(char letter)
{
    for (int i = 0; i < OPTION_COUNT; i++)
        if (option_table[i].letter == letter)
            return (enum option_id)i;
    return OPTION_COUNT;
}

/* "--name", "--name=value", "-n", "-nvalue", "-qn": the option, and what of its value is there. */
static enum option_id option_of(const char *word, const char **value)
{
    enum option_id option = OPTION_COUNT;
    size_t length = 0;

    *value = NULL;
    if (text_starts(word, "--")) {
        length = strcspn(word + 2, "=");
        *value = word[2 + length] == '=' ? word + 2 + length + 1 : NULL;
        return option_find(word + 2, length);
    }
    for (const char *at = word + 1; *at != '\0'; at++) {
        option = option_of_letter(*at);
        if (option == OPTION_COUNT || option_table[option].argument == NULL)
            continue;
        *value = at[1] != '\0' ? at + 1 : NULL;
        break;
    }
    return option;
}

static bool wants_value(enum option_id option)
{
    return option != OPTION_COUNT && option_table[option].argument != NULL &&
           option_table[option].type != OPTION_IS_OPTIONAL_NUMBER;
}

static struct typed look_back(const struct command *const *commands, char *const *words,
                              size_t before)
{
    struct typed typed = {.wanting = OPTION_COUNT};
    bool over = false;

    for (size_t i = 0; i < before && typed.rest == 0; i++) {
        const char *value = NULL;
        enum option_id option = OPTION_COUNT;

        if (typed.wanting != OPTION_COUNT) {
            typed.wanting = OPTION_COUNT;
        } else if (!over && text_equal(words[i], "--")) {
            over = true;
            if (typed.command != NULL && typed.command->takes_command)
                typed.rest = i + 1;
        } else if (!over && words[i][0] == '-' && words[i][1] != '\0') {
            option = option_of(words[i], &value);
            if (wants_value(option) && value == NULL)
                typed.wanting = option;
        } else if (typed.command == NULL) {
            typed.command = command_find(commands, words[i]);
        } else {
            typed.words++;
        }
    }
    return typed;
}

void complete_settings(char *const *words, size_t count, struct settings *settings)
{
    struct error ignored = {0};

    for (size_t i = 0; i + 1 < count; i++) {
        const char *value = NULL;
        enum option_id option = words[i][0] == '-' ? option_of(words[i], &value) : OPTION_COUNT;

        if (!wants_value(option))
            continue;
        if (value == NULL && i + 2 < count)
            value = words[++i];
        if (value != NULL)
            settings_set(settings, option, ORIGIN_OPTION, "the command line", value, &ignored);
    }
}

static enum complete_kind offer_value(enum option_id option, struct complete *complete)
{
    const struct option_row *row = &option_table[option];

    if (row->choices != NULL || row->hints != NULL)
        offer_each(complete, row->choices != NULL ? row->choices : row->hints);
    if (option == OPTION_PROFILE)
        return COMPLETE_PROFILES;
    if (option == OPTION_ADMINISTRATOR)
        return COMPLETE_ADMINISTRATORS;
    if (option == OPTION_FINISH)
        return COMPLETE_LABELS;
    if (option == OPTION_SOURCE && text_starts(complete->word + complete->prefix, "file:")) {
        complete->prefix += sizeof "file:" - 1;
        return COMPLETE_FILES;
    }
    if (row->type == OPTION_IS_FILE || option == OPTION_OUTPUT)
        return COMPLETE_FILES;
    return COMPLETE_WORDS;
}

/* What the command's own next word may be, by its synopsis. */
static enum complete_kind offer_word(const struct command *const *commands,
                                     const struct typed *typed, struct complete *complete)
{
    const struct command *command = typed->command;

    if (command->max_words >= 0 && typed->words >= command->max_words)
        return COMPLETE_WORDS;
    if (typed->words == 0 && command->names_command)
        offer_commands(commands, complete);
    if (typed->words == 0 && command->choices != NULL)
        offer_each(complete, command->choices);
    if (text_starts(command->arguments, "add ") && typed->words == 0)
        complete_offer(complete, "add", NULL);
    if (text_starts(command->arguments, "METHOD") && typed->words == 0)
        offer_each(complete, "GET POST PUT DELETE");
    if (strstr(command->arguments, "ADMIN") != NULL)
        return COMPLETE_ADMINISTRATORS;
    if (text_starts(command->arguments, "FILE"))
        return COMPLETE_FILES;
    return text_starts(command->arguments, "[LABEL") ? COMPLETE_LABELS : COMPLETE_WORDS;
}

enum complete_kind complete_words(const struct command *const *commands, char *const *words,
                                  size_t count, struct complete *complete)
{
    const char *word = count > 0 ? words[count - 1] : "";
    struct typed typed = look_back(commands, words, count > 0 ? count - 1 : 0);
    const char *value = NULL;
    enum option_id option = OPTION_COUNT;

    *complete =
        (struct complete){.word = word, .command_line = typed.rest, .offers = BUF_EMPTY(BUF_MAX)};
    if (typed.rest > 0)
        return COMPLETE_COMMAND;
    if (typed.wanting != OPTION_COUNT)
        return offer_value(typed.wanting, complete);
    if (word[0] == '-') {
        option = option_of(word, &value);
        if (value == NULL || !wants_value(option)) {
            offer_options(typed.command, complete);
            return COMPLETE_WORDS;
        }
        complete->prefix = (size_t)(value - word);
        return offer_value(option, complete);
    }
    if (typed.command == NULL) {
        offer_commands(commands, complete);
        return COMPLETE_WORDS;
    }
    return offer_word(commands, &typed, complete);
}
