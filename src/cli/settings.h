/* SPDX-License-Identifier: MIT */
/*
 * settings.h - every setting and option with its value, and where that came from.
 *
 * Precedence: option, environment, the user's file (its profile before its top level), the system's
 * file, default.
 */
#ifndef CLI_SETTINGS_H
#define CLI_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "cli/options.h"
#include "io/json.h"

enum origin {
    ORIGIN_DEFAULT,
    ORIGIN_SYSTEM_FILE,
    ORIGIN_USER_FILE,
    ORIGIN_BORROWED, /* the environment, by a name that is another tool's as well */
    ORIGIN_ENVIRONMENT,
    ORIGIN_OPTION
};

struct setting {
    enum origin origin;
    /* "--url", "PRITUNL_URL", "/etc/pritunl-access.json" …; NULL for a default or nothing */
    char *from;
    char *text;  /* as given; NULL where nothing is */
    char **list; /* OPTION_IS_LIST: each item, count of them */
    size_t count;
    long number;
    bool flag;
};

struct settings {
    struct setting values[OPTION_COUNT];
    char *user_file; /* its path, whether it is there or not; NULL without a home */
    char *system_file;
    struct json *user_json; /* as read; NULL where there is none */
    struct json *system_json;
};

void settings_clear(struct settings *settings);

/*
 * settings_set(settings, option, origin, from, text, error)
 *
 * Give option a value unless one of higher origin is there; text NULL means true for a flag. Lists
 * of one origin grow; those of a higher one replace. ERROR_USAGE where the text does not fit the
 * option (never quoting a URI).
 */
bool settings_set(struct settings *settings, enum option_id option, enum origin origin,
                  const char *from, const char *text, struct error *error);

/*
 * settings_copy(copy, settings, lowest): defaults, and what is of that origin or a higher one; not
 * the files.
 */
void settings_copy(struct settings *copy, const struct settings *settings, enum origin lowest);

/* settings_defaults(settings): what holds where nobody says anything. */
void settings_defaults(struct settings *settings);

/*
 * settings_from_environment(settings, error): PRITUNL_ACCESS_* and the names that other tools use
 * for the URI and the URL.
 */
bool settings_from_environment(struct settings *settings, struct error *error);

/*
 * settings_warn_of_slips(): say which variables are no setting and look like one (PRITUNL_ACCESS_
 * and a name that is close to ours): they would be passed over without a word.
 */
void settings_warn_of_slips(void);

/* settings_warn_insecure(settings): say whose word it is where it is not the option's. */
void settings_warn_insecure(const struct settings *settings);

/* settings_check(settings, error): what may not stand together. */
bool settings_check(const struct settings *settings, struct error *error);

const char *settings_text(const struct settings *settings, enum option_id option);
long settings_number(const struct settings *settings, enum option_id option);
bool settings_flag(const struct settings *settings, enum option_id option);
bool settings_given(const struct settings *settings, enum option_id option);

#endif
