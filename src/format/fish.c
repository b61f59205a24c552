/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "format/format.h"

/*
 * Between single quotes fish knows two escapes, of the quote and of the backslash. It keeps
 * characters of its own (wildcards, bytes that are not UTF-8) among Unicode's noncharacters and
 * private ones: these do not come back in every locale.
 */
static bool is_taken(uint32_t point)
{
    return (point >= 0xF600 && point <= 0xF8FF) || (point >= 0xFDD0 && point <= 0xFDEF) ||
           (point & 0xFFFE) == 0xFFFE;
}

bool fish_encode(const struct variable *variable, struct buf *out)
{
    const char *p = variable->value;
    size_t left = strlen(p);

    buf_add_format(out, "set -gx %s '", variable->name);
    while (left > 0) {
        uint32_t point = 0;
        size_t size = text_decode(p, left, &point);

        if (size == 0 || is_taken(point))
            return false;
        if (point == '\'' || point == '\\')
            buf_add_text(out, "\\");
        buf_add(out, p, size);
        p += size;
        left -= size;
    }
    return buf_add_text(out, "'\n");
}

/*
 * Reading: "set" with any options, and fish's own export. What only a run could tell is named as
 * such.
 */
#define EXPANDED "an expansion, which is not carried out"

struct fish {
    const char *at;
    struct pairs *pairs;
    unsigned depth; /* blocks that end with "end" */
    bool conditional;
    bool broken;
    bool sets; /* something by "set", which no other shell takes so */
};

struct word {
    const char *start;
    struct buf value;
    const char *fault;
};

static bool is_fish_end(const char *p)
{
    return *p == '\0' || strchr(" \t\r\n;&|<>", *p) != NULL;
}

/* What stands behind a backslash in quotes is taken as it is, if it means something there. */
static bool is_quoted_escape(const char *p, char quote)
{
    return *p == '\\' && (p[1] == '\\' || p[1] == quote || (quote == '"' && p[1] == '$'));
}

static const char *double_fault(const struct fish *fish)
{
    if (*fish->at == '$' || *fish->at == '(')
        return EXPANDED;
    return text_starts(fish->at, "\\\n") ? "a backslash at the end of a line" : NULL;
}

static void read_quoted(struct fish *fish, struct word *word)
{
    char quote = *fish->at++;

    for (; *fish->at != quote && *fish->at != '\0'; fish->at++) {
        if (is_quoted_escape(fish->at, quote))
            fish->at++;
        else if (quote == '"' && double_fault(fish) != NULL)
            word->fault = double_fault(fish);
        fish->broken = fish->broken || (quote == '"' && text_starts(fish->at, "${"));
        buf_add(&word->value, fish->at, 1);
    }
    if (*fish->at == '\0')
        fish->broken = true;
    else
        fish->at++;
}

static void read_fish_word(struct fish *fish, struct word *word)
{
    *word = (struct word){.start = fish->at, .value = BUF_EMPTY(BUF_MAX)};
    while (!fish->broken && !is_fish_end(fish->at)) {
        char c = *fish->at;

        if (c == '\'' || c == '"') {
            read_quoted(fish, word);
            continue;
        }
        if (c == '\\' && fish->at[1] != '\0') {
            word->fault = "a backslash outside of quotes";
            fish->at++;
        } else if (strchr("$(){}[]*?", c) != NULL || (c == '~' && fish->at == word->start)) {
            word->fault = EXPANDED;
            fish->broken = text_starts(fish->at, "${");
        }
        buf_add(&word->value, fish->at++, 1);
    }
}

static const char *state_fault(const struct fish *fish, const struct word *word)
{
    if (fish->depth > 0)
        return "it is set in a condition, a loop or a function";
    return fish->conditional ? "it is set only under a condition" : word->fault;
}

static void add_pair(struct fish *fish, const char *name, size_t length, struct word *word)
{
    struct pair *pair = pairs_add(fish->pairs, name, length, buf_take(&word->value));

    pair->at = name;
    pair->claim = CLAIM_SHELL;
    pair->fault = state_fault(fish, word);
}

/* The next word of the same command. */
static bool next_word(struct fish *fish, struct word *word)
{
    for (scan_blanks(&fish->at); scan_text(&fish->at, "\\\n"); scan_blanks(&fish->at))
        continue;
    if (is_fish_end(fish->at) || *fish->at == '#')
        return false;
    read_fish_word(fish, word);
    if (fish->broken)
        buf_free(&word->value);
    return !fish->broken;
}

/* export NAME=value … */
static void take_export(struct fish *fish)
{
    struct word word;

    while (next_word(fish, &word)) {
        const char *p = word.start;
        const char *name = NULL;
        size_t length = 0;

        if (scan_name(&p, &name, &length) && *p == '=') {
            char *value = mem_text(buf_text(&word.value) + length + 1);

            buf_free(&word.value);
            buf_add_text(&word.value, value);
            mem_free(value);
            add_pair(fish, name, length, &word);
        }
        buf_free(&word.value);
    }
}

/* set [OPTION…] NAME [VALUE…] */
struct assignment {
    const char *name;
    size_t length;
    size_t values;
    bool asks; /* --query, or nothing that we know */
    bool erases;
    bool adds;
};

static bool has_option(const char *word, const char *full, char letter)
{
    return word[1] == '-' ? text_equal(word, full) : strchr(word, letter) != NULL;
}

static void take_option(struct assignment *set, const char *word)
{
    set->asks = set->asks || has_option(word, "--query", 'q');
    set->erases = set->erases || has_option(word, "--erase", 'e');
    set->adds =
        set->adds || has_option(word, "--append", 'a') || has_option(word, "--prepend", 'p');
}

static void take_operand(struct fish *fish, struct assignment *set, struct word *word)
{
    const char *p = word->start;

    if (set->name == NULL) {
        set->name = p;
        set->asks = set->asks || !scan_name(&p, &set->name, &set->length) || !is_fish_end(p);
    } else if (set->values++ == 0 && !set->asks && !set->erases) {
        fish->sets = true;
        add_pair(fish, set->name, set->length, word);
    }
}

static void take_set(struct fish *fish)
{
    struct assignment set = {0};
    struct word word;

    while (next_word(fish, &word)) {
        if (set.name == NULL && *word.start == '-')
            take_option(&set, buf_text(&word.value));
        else
            take_operand(fish, &set, &word);
        buf_free(&word.value);
    }
    if (set.asks || set.name == NULL)
        return;
    if (fish->sets && *fish->at != '\0' && strchr("|<>&", *fish->at) != NULL)
        set.adds = true;
    if (set.values == 0 || set.erases)
        pairs_fault(fish->pairs, set.name, set.length, "it is erased, or has no value")->at =
            set.name;
    else if (set.values > 1 || set.adds)
        fish->pairs->items[fish->pairs->count - 1].fault =
            set.adds ? "something else stands there than one value" : "a list, not one value";
}

static bool is_fish_word(const char *word, const char *const *words)
{
    for (; *words != NULL; words++)
        if (text_equal(word, *words))
            return true;
    return false;
}

static void take_command(struct fish *fish)
{
    static const char *const blocks[] = {"if", "for", "while", "switch", "begin", "function", NULL};
    static const char *const passed[] = {"and", "or", "not", "else", "!", NULL};
    struct word word;

    while (next_word(fish, &word)) {
        const char *text = buf_text(&word.value);
        bool again = is_fish_word(text, passed);

        if (again && !text_equal(text, "else"))
            fish->conditional = true;
        else if (is_fish_word(text, blocks))
            fish->depth++;
        else if (text_equal(text, "end") && fish->depth > 0)
            fish->depth--;
        else if (text_equal(text, "set"))
            take_set(fish);
        else if (text_equal(text, "export"))
            take_export(fish);
        else
            fish->pairs->foreign = true;
        again = again || text_equal(text, "if") || text_equal(text, "while");
        buf_free(&word.value);
        if (!again)
            break;
    }
    while (next_word(fish, &word)) /* what is left of it */
        buf_free(&word.value);
}

bool fish_decode(const char *text, struct pairs *pairs)
{
    struct fish fish = {.at = text, .pairs = pairs};

    while (!fish.broken && *fish.at != '\0') {
        scan_blanks(&fish.at);
        if (*fish.at == '#')
            fish.at += strcspn(fish.at, "\n");
        else if (text_starts(fish.at, "&&") || text_starts(fish.at, "||")) {
            fish.conditional = true;
            fish.at += 2;
        } else if (is_fish_end(fish.at) && *fish.at != '\0')
            fish.conditional = strchr("\n;", *fish.at++) == NULL && fish.conditional;
        else
            take_command(&fish);
    }
    pairs_number(pairs, text);
    return (!fish.broken && fish.depth == 0 && fish.sets) ||
           pairs_fail(pairs, "no script that fish takes");
}
