/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "format/find.h"
#include "format/format.h"
#include "format/shells.h"
#include "io/yaml.h"

/* A text that somebody else wrote, and what is known of it. */
struct sample {
    const char *text;
    const struct sets *names;
    struct pairs *pairs;
};

/* Nobody writes it. */
static const struct format mongosh = {.name = "mongosh", .decode = mongosh_decode};

/* Does it read as that, with a known name in it? Else pairs are empty, but for the reason. */
static bool reads_as(const struct sample *sample, const struct format *format)
{
    struct pairs *pairs = sample->pairs;
    bool taken = format->decode(sample->text, pairs);
    const char *fault = taken ? NULL : pairs->fault;

    pairs->format = format->name;
    if (taken && find_holds(sample->names, pairs))
        return true;
    pairs_clear(pairs);
    return pairs_fail(pairs, fault);
}

static const struct pair *next_wanted(const struct sets *names, const struct pairs *pairs,
                                      size_t *at)
{
    while (*at < pairs->count && !find_is_wanted(names, pairs->items[*at].name))
        ++*at;
    return *at < pairs->count ? &pairs->items[(*at)++] : NULL;
}

/* The same known names with the same values, one after the other? */
static bool same_values(const struct sets *names, const struct pairs *a, const struct pairs *b)
{
    for (size_t i = 0, j = 0;;) {
        const struct pair *one = next_wanted(names, a, &i);
        const struct pair *other = next_wanted(names, b, &j);

        if (one == NULL || other == NULL)
            return one == other;
        if (one->fault != NULL || other->fault != NULL || !text_equal(one->name, other->name) ||
            !text_equal(one->value, other->value))
            return false;
    }
}

/* Names and values in braces, which JavaScript and YAML both could have written. */
static bool read_braces(const struct sample *sample)
{
    struct pairs yaml = {0};
    struct sample other = {sample->text, sample->names, &yaml};
    bool done = false;

    if (reads_as(sample, format_find("json")))
        return true;
    if (!reads_as(sample, &mongosh))
        return reads_as(sample, format_find("yaml"));
    done = strstr(sample->text, "ObjectId(") != NULL || !reads_as(&other, format_find("yaml")) ||
           same_values(sample->names, sample->pairs, &yaml);
    pairs_clear(&yaml);
    if (!done)
        pairs_clear(sample->pairs);
    return done;
}

/* Terraform's alone: a blank in front of each sign, where no shell takes one. */
static bool only_terraform(const struct sample *sample, const struct pairs *pairs)
{
    for (size_t i = 0; i < pairs->count; i++) {
        const struct pair *pair = &pairs->items[i];

        if (find_is_wanted(sample->names, pair->name) && pair->claim != CLAIM_LOOSE)
            return false;
    }
    return true;
}

/* A text that is Terraform's and a shell's: what they take for different things. */
static void mark_differing(const struct sample *sample, const struct pairs *others)
{
    for (size_t i = 0; i < sample->pairs->count; i++) {
        struct pair *pair = &sample->pairs->items[i];
        const struct pair *other = pairs_find(others->items, others->count, pair->name);

        if (!find_is_wanted(sample->names, pair->name) || pair->fault != NULL || other == NULL)
            continue;
        if (other->fault != NULL && other->claim != CLAIM_LOOSE)
            pair->fault = other->fault;
        else if (!text_equal(pair->value, other->value))
            pair->fault = "Terraform and a shell take it for different things";
    }
}

/* A wanted value is no text to Terraform (9mI4, 12345678), and one to a shell, whose it is then. */
static bool is_no_terraform(const struct sample *sample, const struct pairs *shells)
{
    for (size_t i = 0; i < sample->pairs->count; i++) {
        const struct pair *pair = &sample->pairs->items[i];
        const struct pair *other = pairs_find(shells->items, shells->count, pair->name);

        if (find_is_wanted(sample->names, pair->name) && pair->fault != NULL && other != NULL &&
            other->fault == NULL)
            return true;
    }
    return false;
}

static bool read_as_lines(const struct sample *sample)
{
    struct pairs shells = {0};

    if (reads_as(sample, format_find("github")) || reads_as(sample, format_find("yaml")))
        return true;
    if (reads_as(sample, format_find("tfvars"))) {
        if (!only_terraform(sample, sample->pairs) &&
            shells_decode(sample->text, sample->names, &shells)) {
            if (is_no_terraform(sample, &shells)) {
                pairs_clear(sample->pairs);
                *sample->pairs = shells;
                sample->pairs->format = "dotenv";
                return true;
            }
            mark_differing(sample, &shells);
        }
        pairs_clear(&shells);
        return true;
    }
    if (shells_decode(sample->text, sample->names, sample->pairs)) {
        sample->pairs->format = "dotenv";
        return true;
    }
    pairs_clear(sample->pairs);
    return reads_as(sample, &mongosh);
}

/* What no text begins with, or has in it. */
static const char *no_text(const char *text, size_t length)
{
    static const char *const marks[] = {"\xFF\xFE", "\xFE\xFF"};

    for (size_t i = 0; i < 2; i++)
        if (length >= 2 && memcmp(text, marks[i], 2) == 0)
            return "UTF-16: save it as UTF-8";
    if (memchr(text, '\0', length) == NULL)
        return NULL;
    return length >= 4 && ((text[0] == '\0') != (text[1] == '\0')) &&
                   ((text[2] == '\0') != (text[3] == '\0'))
               ? "UTF-16 without its mark: save it as UTF-8"
               : "NUL characters: it is no text";
}

/* A known name in front of a colon: YAML was meant. */
static bool means_yaml(const struct sample *sample)
{
    const char *at = sample->text;

    for (; *at != '\0'; at += *at == '\n') {
        const char *name = NULL;
        size_t length = 0;
        bool known = false;

        at += strspn(at, " \t-\"'");
        if (scan_name(&at, &name, &length)) {
            char *word = mem_copy(name, length);

            at += strspn(at, "\"'");
            known = *at == ':' && find_is_wanted(sample->names, word);
            mem_free(word);
        }
        if (known)
            return true;
        at += strcspn(at, "\n");
    }
    return false;
}

/* Why a text that should have been JSON or YAML could not be read; false where it could. */
static bool explain_broken(const struct sample *sample, const char *where, struct error *error)
{
    const char *start = sample->text + strspn(sample->text, " \t\r\n");
    struct node values = {0};
    size_t line = 0;
    const char *why = NULL;
    bool broken = false;

    if (*start == '{' || *start == '[') {
        broken = !json_read(where, sample->text, &values, error);
    } else if (means_yaml(sample)) {
        broken = !yaml_parse(sample->text, strlen(sample->text), &values, &line, &why);
        if (broken)
            error_set(error, ERROR_UNUSABLE, "%s: line %zu: %s", where, line, why);
    }
    node_clear(&values);
    error->kind = ERROR_UNUSABLE;
    return broken;
}

static bool fail_decode(const char *where, const struct pairs *why, enum error_kind kind,
                        struct error *error)
{
    error_set(error, kind, "%s: %s", where, why->fault);
    return error_blame(error, CAUSE_TOKEN_UNKNOWN);
}

bool format_decode(const char *where, const char *text, size_t length, const struct sets *names,
                   struct pairs *pairs, struct error *error)
{
    struct sample sample = {text_behind_mark(text), names, pairs};
    const char *fault = no_text(text, length);
    const char *start = NULL;

    *pairs = (struct pairs){0};
    if (fault != NULL) {
        pairs_fail(pairs, fault);
        return fail_decode(where, pairs, ERROR_UNUSABLE, error);
    }
    start = sample.text + strspn(sample.text, " \t\r\n");
    if (reads_as(&sample, format_find("docker")) ||
        ((*start == '{' || *start == '[') && read_braces(&sample)) || read_as_lines(&sample))
        return true;
    if (explain_broken(&sample, where, error))
        return error_blame(error, CAUSE_TOKEN_UNKNOWN);
    pairs_fail(pairs, "no token and secret under known names");
    return fail_decode(where, pairs, ERROR_NOT_FOUND, error);
}
