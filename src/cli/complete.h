/* SPDX-License-Identifier: MIT */
/*
 * complete.h - what the word under the cursor may become, from the tables of commands and options.
 *
 * The scripts of completion.h ask `pritunl-access completion words -- WORD...` at each TAB; the
 * last word is the one that is being typed. What only a file, the configuration or the database
 * knows is named as a kind, and its caller adds it by complete_offer().
 */
#ifndef CLI_COMPLETE_H
#define CLI_COMPLETE_H

#include <stddef.h>

#include "base/buf.h"
#include "cli/commands.h"

enum complete_kind {
    COMPLETE_WORDS, /* what was offered, and no more */
    COMPLETE_FILES,
    COMPLETE_ADMINISTRATORS, /* usernames */
    COMPLETE_LABELS,         /* of temporary administrators */
    COMPLETE_PROFILES,
    COMPLETE_COMMAND, /* another program's command line, from the word of that index on */
};

struct complete {
    const char *word;    /* what is typed; borrowed */
    size_t prefix;       /* how many of its bytes stay ("--format="): the rest is completed */
    size_t command_line; /* of COMPLETE_COMMAND */
    struct buf offers;   /* lines: word, tab, what it is for */
};

/*
 * complete_words(commands, words, count, complete): look at the words behind the program's name,
 * and offer what the tables know. complete is the caller's, to end with buf_free(&offers).
 */
enum complete_kind complete_words(const struct command *const *commands, char *const *words,
                                  size_t count, struct complete *complete);

/*
 * complete_settings(words, count, settings): what is typed of settings, for whoever asks the
 * configuration or the database; what does not fit is passed over.
 */
void complete_settings(char *const *words, size_t count, struct settings *settings);

/*
 * complete_offer(complete, word, what_for): where it begins with what is typed. A word with a
 * control character is never offered; what_for may be NULL.
 */
void complete_offer(struct complete *complete, const char *word, const char *what_for);

#endif
