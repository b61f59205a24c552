/* SPDX-License-Identifier: MIT */
#include "cli/settings.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"

static void clear_value(struct setting *value)
{
    mem_free(value->from);
    mem_free(value->text);
    for (size_t i = 0; i < value->count; i++)
        mem_free(value->list[i]);
    mem_free(value->list);
    *value = (struct setting){0};
}

void settings_clear(struct settings *settings)
{
    for (int i = 0; i < OPTION_COUNT; i++)
        clear_value(&settings->values[i]);
    mem_free(settings->user_file);
    mem_free(settings->system_file);
    json_free(settings->user_json);
    json_free(settings->system_json);
    *settings = (struct settings){0};
}

void settings_copy(struct settings *copy, const struct settings *settings, enum origin lowest)
{
    *copy = (struct settings){0};
    settings_defaults(copy);
    for (int i = 0; i < OPTION_COUNT; i++) {
        const struct setting *from = &settings->values[i];
        struct setting *to = &copy->values[i];

        if (from->text == NULL || from->origin < lowest)
            continue;
        clear_value(to);
        *to = *from;
        to->from = mem_text(from->from);
        to->text = mem_text(from->text);
        to->list = from->count > 0 ? mem_zero(from->count, sizeof *to->list) : NULL;
        for (size_t item = 0; item < from->count; item++)
            to->list[item] = mem_text(from->list[item]);
    }
}

static bool parse_flag(const char *text, bool *flag)
{
    static const char *const words[][2] = {
        {"true", "false"}, {"1", "0"}, {"yes", "no"}, {"on", "off"}};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        for (int no = 0; no < 2; no++)
            if (strcasecmp(text, words[i][no]) == 0) {
                *flag = no == 0;
                return true;
            }
    return false;
}

/* Is word one of the blank-separated choices? */
static bool is_choice(const char *choices, const char *word)
{
    size_t length = strlen(word);

    for (const char *p = choices; *p != '\0'; p += strspn(p, " ")) {
        size_t span = strcspn(p, " ");

        if (span == length && memcmp(p, word, length) == 0)
            return true;
        p += span;
    }
    return false;
}

static bool fill_setting(struct setting *value, const struct option_row *row, const char *from,
                         const char *text, struct error *error)
{
    if (row->type == OPTION_IS_FLAG) {
        value->flag = text == NULL;
        if (text != NULL && !parse_flag(text, &value->flag))
            return error_set(error, ERROR_USAGE, "%s: true or false is wanted", from);
        value->text = mem_text(value->flag ? "true" : "false");
        return true;
    }
    if (row->type == OPTION_IS_OPTIONAL_NUMBER && text == NULL)
        text = row->otherwise;
    if ((row->type == OPTION_IS_NUMBER || row->type == OPTION_IS_OPTIONAL_NUMBER) &&
        !text_number(text, row->min, row->max, &value->number))
        return error_set(error, ERROR_USAGE, "%s: a whole number from %ld to %ld is wanted", from,
                         row->min, row->max);
    if (row->choices != NULL && !is_choice(row->choices, text))
        return error_set(error, ERROR_USAGE, "%s: one of these is wanted: %s", from, row->choices);
    if (row->type == OPTION_IS_LIST) {
        value->list = mem_grow(value->list, (value->count + 1) * sizeof *value->list);
        value->list[value->count++] = mem_text(text);
    }
    mem_free(value->text);
    value->text = row->type == OPTION_IS_FILE ? file_expand(text) : mem_text(text);
    return true;
}

/* What a message calls a value: its option or variable, or the file and the key in it. */
static char *origin_label(enum option_id option, enum origin origin, const char *from)
{
    char key[OPTION_NAME_SIZE];

    if (origin != ORIGIN_USER_FILE && origin != ORIGIN_SYSTEM_FILE)
        return mem_text(from != NULL ? from : option_table[option].name);
    option_key(option, key);
    return text_format("%s: %s", from, key);
}

bool settings_set(struct settings *settings, enum option_id option, enum origin origin,
                  const char *from, const char *text, struct error *error)
{
    const struct option_row *row = &option_table[option];
    struct setting *value = &settings->values[option];
    char *label = NULL;
    char *line = NULL;
    bool filled = false;

    if (value->text != NULL && value->origin > origin)
        return true;
    if (row->type != OPTION_IS_LIST || value->origin != origin || !text_equal(value->from, from))
        clear_value(value);
    label = origin_label(option, origin, from);
    line = text != NULL && origin != ORIGIN_OPTION ? text_line(text) : mem_text(text);
    filled = fill_setting(value, row, label, line, error);
    mem_free(line);
    mem_free(label);
    if (!filled)
        return false;
    value->origin = origin;
    mem_free(value->from);
    value->from = mem_text(from);
    return true;
}

void settings_defaults(struct settings *settings)
{
    struct error ignored;

    for (int i = 0; i < OPTION_COUNT; i++)
        if (option_table[i].otherwise != NULL)
            settings_set(settings, (enum option_id)i, ORIGIN_DEFAULT, NULL,
                         option_table[i].otherwise, &ignored);
}

static bool take_variable(struct settings *settings, enum option_id option, enum origin origin,
                          const char *name, struct error *error)
{
    const char *text = getenv(name);

    if (text == NULL || *text == '\0')
        return true;
    return settings_set(settings, option, origin, name, text, error);
}

bool settings_from_environment(struct settings *settings, struct error *error)
{
    static const struct {
        const char *name;
        enum option_id option;
    } borrowed[] = {
        /* the first that is set counts, so the last is read first */
        {"PRITUNL_BASE_URL", OPTION_URL},
        {"PRITUNL_URL", OPTION_URL},
    };
    static const struct {
        const char *text;
        const char *file;
    } databases[] = {
        {"PRITUNL_ACCESS_MONGODB_URI", "PRITUNL_ACCESS_MONGODB_URI_FILE"},
        {"PRITUNL_MONGODB_URI", "PRITUNL_MONGODB_URI_FILE"},
        {"MONGODB_URI", "MONGODB_URI_FILE"},
        {"MONGO_URI", "MONGO_URI_FILE"},
    };
    char name[OPTION_NAME_SIZE];

    for (size_t i = 0; i < sizeof borrowed / sizeof *borrowed; i++)
        if (!take_variable(settings, borrowed[i].option, ORIGIN_BORROWED, borrowed[i].name, error))
            return false;
    for (int i = 0; i < SETTING_COUNT; i++) {
        if (i == OPTION_MONGODB_URI || i == OPTION_MONGODB_URI_FILE)
            continue;
        option_environment((enum option_id)i, name);
        if (!take_variable(settings, (enum option_id)i, ORIGIN_ENVIRONMENT, name, error))
            return false;
    }
    for (size_t i = 0; i < sizeof databases / sizeof *databases; i++) {
        if (!take_variable(settings, OPTION_MONGODB_URI, ORIGIN_ENVIRONMENT, databases[i].text,
                           error) ||
            !take_variable(settings, OPTION_MONGODB_URI_FILE, ORIGIN_ENVIRONMENT, databases[i].file,
                           error))
            return false;
        if (settings->values[OPTION_MONGODB_URI].origin == ORIGIN_ENVIRONMENT ||
            settings->values[OPTION_MONGODB_URI_FILE].origin == ORIGIN_ENVIRONMENT)
            break;
    }
    return true;
}

void settings_warn_of_slips(void)
{
    const size_t prefix = strlen(OPTION_ENVIRONMENT_PREFIX);
    char known[OPTION_NAME_SIZE];

    for (char **each = environ; *each != NULL; each++) {
        char *name = mem_copy(*each, strcspn(*each, "="));
        char *key = text_starts(name, OPTION_ENVIRONMENT_PREFIX) ? mem_text(name + prefix) : NULL;
        enum option_id nearest = OPTION_COUNT;

        for (char *at = key; at != NULL && *at != '\0'; at++)
            *at = (char)tolower((unsigned char)*at);
        if (key != NULL)
            nearest = option_nearest(key);
        if (nearest < SETTING_COUNT) {
            option_environment(nearest, known);
            if (!text_equal(name, known))
                term_warn("%s is ignored, because it is no setting; did you mean %s?", name, known);
        }
        mem_free(key);
        mem_free(name);
    }
}

void settings_warn_insecure(const struct settings *settings)
{
    const struct setting *insecure = &settings->values[OPTION_INSECURE];

    if (settings_flag(settings, OPTION_INSECURE) && insecure->origin != ORIGIN_OPTION)
        term_warn("insecure is set by %s: no certificate is checked", insecure->from);
}

/* The higher origin of two that exclude each other wins; of one origin they are a contradiction. */
static bool exclude(const struct settings *settings, enum option_id a, enum option_id b,
                    bool always, struct error *error)
{
    const struct setting *first = &settings->values[a];
    const struct setting *second = &settings->values[b];
    char *labels[2] = {NULL, NULL};

    if (!settings_given(settings, a) || !settings_given(settings, b) ||
        (!always && first->origin != second->origin))
        return true;
    labels[0] = origin_label(a, first->origin, first->from);
    labels[1] = origin_label(b, second->origin, second->from);
    error_set(error, ERROR_USAGE, "%s and %s exclude each other: give one of them", labels[0],
              labels[1]);
    mem_free(labels[0]);
    mem_free(labels[1]);
    return false;
}

bool settings_check(const struct settings *settings, struct error *error)
{
    return exclude(settings, OPTION_MONGODB_URI, OPTION_MONGODB_URI_FILE, false, error) &&
           exclude(settings, OPTION_CA_CERT, OPTION_PIN, true, error) &&
           exclude(settings, OPTION_CA_CERT, OPTION_INSECURE, true, error) &&
           exclude(settings, OPTION_PIN, OPTION_INSECURE, true, error);
}

const char *settings_text(const struct settings *settings, enum option_id option)
{
    return settings->values[option].text;
}

long settings_number(const struct settings *settings, enum option_id option)
{
    return settings->values[option].number;
}

bool settings_flag(const struct settings *settings, enum option_id option)
{
    return settings->values[option].flag;
}

bool settings_given(const struct settings *settings, enum option_id option)
{
    const struct setting *value = &settings->values[option];

    return value->origin != ORIGIN_DEFAULT && value->text != NULL &&
           (option_table[option].type != OPTION_IS_FLAG || value->flag);
}
