/* SPDX-License-Identifier: MIT */
/*
 * options.h - the table of options and settings: name, letter, type, where it may come from, and
 * its help, in one place.
 *
 * A setting can be given as an option, as PRITUNL_ACCESS_NAME in the environment and as a key of
 * the configuration files; an option that is no setting belongs to the commands whose row names it.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

enum option_id {
    /* settings */
    OPTION_MONGODB_URI,
    OPTION_MONGODB_URI_FILE,
    OPTION_PRITUNL_CONF,
    OPTION_COLLECTION_PREFIX,
    OPTION_ADMINISTRATOR,
    OPTION_URL,
    OPTION_CA_CERT,
    OPTION_PIN,
    OPTION_INSECURE,
    OPTION_SOURCE,
    OPTION_NAMES,
    OPTION_INSECURE_CONSUMER,
    OPTION_SERVER_TIME,
    OPTION_TIMEOUT,
    OPTION_CONNECT_TIMEOUT,
    OPTION_SETTLE,
    OPTION_JSON,
    OPTION_QUIET,
    OPTION_VERBOSE,
    OPTION_COLOR,
    OPTION_PROFILE,
    OPTION_JOBS,
    SETTING_COUNT,
    /* options only */
    OPTION_CONFIG = SETTING_COUNT,
    OPTION_REVEAL,
    OPTION_FIELD,
    OPTION_FORMAT,
    OPTION_OUTPUT,
    OPTION_NO_VERIFY,
    OPTION_CHECK,
    OPTION_CA_FILE,
    OPTION_REPLACE,
    OPTION_MODE,
    OPTION_OWNER,
    OPTION_GROUP,
    OPTION_NAME,
    OPTION_NAMESPACE,
    OPTION_ALL,
    OPTION_EVERY_HOST,
    OPTION_ALL_PROFILES,
    OPTION_PRISTINE,
    OPTION_YES,
    OPTION_DRY_RUN,
    OPTION_NO_UNDO,
    OPTION_WAIT,
    OPTION_ROTATE,
    OPTION_ERASE,
    OPTION_LIST,
    OPTION_PURGE,
    OPTION_ISSUED,
    OPTION_ISSUE,
    OPTION_LIFETIME,
    OPTION_SUPER,
    OPTION_EXPIRED,
    OPTION_ALL_ISSUED,
    OPTION_REVOKE,
    OPTION_OVERLAP,
    OPTION_FINISH,
    OPTION_PASSWORD_FILE,
    OPTION_CLEAR_OTP,
    OPTION_CLEAR_YUBIKEY,
    OPTION_ENABLE_ACCOUNT,
    OPTION_DATA,
    OPTION_QUERY,
    OPTION_HEADER,
    OPTION_INCLUDE,
    OPTION_GET_MERGE,
    OPTION_CURL,
    OPTION_FILE,
    OPTION_NAT,
    OPTION_COMMENT,
    OPTION_AWS_REGION,
    OPTION_WITH,
    OPTION_FROM,
    OPTION_HELP,
    OPTION_VERSION,
    OPTION_COUNT
};

enum option_type {
    OPTION_IS_FLAG,
    OPTION_IS_TEXT,
    OPTION_IS_FILE,            /* a path; "~/" is expanded */
    OPTION_IS_NUMBER,          /* whole, within [min, max] */
    OPTION_IS_OPTIONAL_NUMBER, /* the same; without a value the default */
    OPTION_IS_LIST             /* repeatable text */
};

struct option_row {
    const char *name; /* without the dashes */
    char letter;      /* 0: none */
    enum option_type type;
    const char *argument; /* as help shows it; NULL for flags */
    long min;
    long max;
    const char *otherwise; /* the default, as text; NULL: none */
    bool everywhere;       /* no setting, and every command takes it all the same */
    const char *choices;   /* blank-separated words that it may be; NULL: anything */
    const char *hints;     /* blank-separated words that completion offers; NULL: none */
    const char *help;      /* one line, no full stop */
    bool tells_default;    /* help says what holds where it is not given */
};

extern const struct option_row option_table[OPTION_COUNT];

#define OPTION_ENVIRONMENT_PREFIX "PRITUNL_ACCESS_"

/*
 * option_environment, option_key: the setting's other names, written into text (size bytes are
 * enough with OPTION_NAME_SIZE).
 */
#define OPTION_NAME_SIZE 64
void option_environment(enum option_id option, char text[OPTION_NAME_SIZE]);
void option_key(enum option_id option, char text[OPTION_NAME_SIZE]);

/*
 * option_find(name, length): by its long name; OPTION_COUNT where there is none. option_find_key: a
 * setting by its key.
 */
enum option_id option_find(const char *name, size_t length);
enum option_id option_find_key(const char *key);

/* option_nearest(name): the option or setting whose name or key is closest, or OPTION_COUNT. */
enum option_id option_nearest(const char *name);

/* option_is_common(option): a setting, or another that every command takes. */
bool option_is_common(enum option_id option);

#endif
