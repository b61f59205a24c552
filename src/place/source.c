/* SPDX-License-Identifier: MIT */
#include "place/source.h"

#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "format/find.h"
#include "format/names.h"
#include "format/sets.h"
#include "pritunl/cause.h"

#define BEFORE_ARGUMENTS " \t\r\n[" /* where the name of a program ends */

enum kind { KIND_DATABASE, KIND_ENV, KIND_FILE, KIND_AWS, KIND_COMMAND, KIND_NONE };

/* How each begins; what follows a colon is its own. */
static const struct {
    const char *start;
    bool exact; /* may stand without a colon */
    bool rest;  /* may be followed by one */
} kinds[KIND_NONE] = {
    [KIND_DATABASE] = {"mongodb", true, false}, [KIND_ENV] = {"env", true, true},
    [KIND_FILE] = {"file", false, true},        [KIND_AWS] = {"aws", false, true},
    [KIND_COMMAND] = {"command", false, true},
};

static enum kind kind_of(const char *where, const char **rest)
{
    for (int i = 0; i < KIND_NONE; i++) {
        size_t length = strlen(kinds[i].start);

        if (!text_starts(where, kinds[i].start))
            continue;
        *rest = NULL;
        if (where[length] == '\0' && kinds[i].exact)
            return (enum kind)i;
        *rest = where + length + 1;
        if (where[length] == ':' && kinds[i].rest && **rest != '\0')
            return (enum kind)i;
    }
    return KIND_NONE;
}

bool source_is_database(const char *where)
{
    const char *rest = NULL;

    return kind_of(where, &rest) == KIND_DATABASE;
}

bool source_check(const char *where, struct error *error)
{
    const char *rest = NULL;
    enum kind kind = kind_of(where, &rest);
    const struct names_config names = {.names = rest};
    char *printable = NULL;

    if (kind == KIND_ENV && rest != NULL)
        return names_check(&names, error);
    if (kind != KIND_NONE)
        return true;
    printable = text_printable(where, strcspn(where, BEFORE_ARGUMENTS));
    error_set(error, ERROR_USAGE, "source: %s is none", printable);
    mem_free(printable);
    return error_try(error, "--source mongodb, env, env:NAMES, file:PATH, aws:SECRET_ID or "
                            "command:PROGRAM");
}

char *source_value(const char *name, const char *text)
{
    char *value = text_line(text);
    size_t length = strlen(value);

    if (text_is_quoted(value))
        term_warn("%s stands in quotation marks, which are taken for a part of it", name);
    else if (length > 0 &&
             (strchr(" \t", value[0]) != NULL || strchr(" \t", value[length - 1]) != NULL))
        term_warn("%s begins or ends with a blank, which is taken for a part of it", name);
    return value;
}

/* Of the environment only what could be meant; a document's fields ("token") are not. */
static void read_environment(const struct sets *names, struct pairs *pairs)
{
    for (char **entry = environ; *entry != NULL; entry++) {
        size_t length = strcspn(*entry, "=");
        char *name = mem_copy(*entry, length);

        if ((*entry)[length] == '=' && find_is_wanted(names, name) &&
            !set_has(sets_document(), name))
            pairs_add(pairs, name, length, source_value(name, *entry + length + 1));
        mem_free(name);
    }
}

static bool check_pair(const char *where, const struct access *access, struct error *error)
{
    const char *why = access_token_fault(access->token);

    if (why != NULL) {
        error_set(error, ERROR_UNUSABLE, "%s: the token is %s", where, why);
        return error_blame(error, CAUSE_TOKEN_UNKNOWN);
    }
    if (!text_is_utf8(access->secret, strlen(access->secret))) {
        error_set(error, ERROR_UNUSABLE, "%s: the secret is not UTF-8", where);
        return error_blame(error, CAUSE_SECRET_MISSING);
    }
    if (access_secret_length(access->secret) < ACCESS_SECRET_MIN) {
        error_set(error, ERROR_UNUSABLE, "%s: the secret has fewer than %d characters", where,
                  ACCESS_SECRET_MIN);
        return error_blame(error, CAUSE_SECRET_SHORT);
    }
    return true;
}

char *source_shown(const char *where)
{
    return text_printable(where, text_starts(where, "command:") ? strcspn(where, BEFORE_ARGUMENTS)
                                                                : strlen(where));
}

bool source_read(const struct source_config *config, struct access **found, struct error *error)
{
    struct pairs pairs = {0};
    const char *rest = NULL;
    enum kind kind = kind_of(config->where, &rest);
    bool only = kind == KIND_ENV && rest != NULL;
    struct sets names = {0};
    const struct place place = {.rest = rest,
                                .names = &names,
                                .connect_timeout_ms = config->connect_timeout_ms,
                                .timeout_ms = config->timeout_ms};
    const struct wanted wanted = {.names = &names,
                                  .only = only,
                                  .administrator = config->administrator,
                                  .own_url = kind == KIND_ENV || config->names != NULL,
                                  .no_url = config->url_given};
    char *where = source_shown(config->where);
    bool done = config->names == NULL && !only;

    *found = NULL;
    done = done || sets_read(only ? rest : config->names, false, &names, error);
    if (!done)
        goto out;
    if (kind == KIND_ENV)
        read_environment(&names, &pairs);
    else if (kind == KIND_FILE)
        done = source_file(&place, &pairs, error);
    else if (kind == KIND_AWS)
        done = source_aws(&place, &pairs, error);
    else
        done = source_command(&place, &pairs, error);
    if (done)
        done = find_credential(&wanted, where, &pairs, found, error);
    if (done && check_pair(where, *found, error)) {
        char *url = mem_text((*found)->url);

        access_set_url(*found, url, where);
        mem_free(url);
    } else {
        done = false;
        access_free(*found);
        *found = NULL;
    }
out:
    sets_clear(&names);
    pairs_clear(&pairs);
    mem_free(where);
    return done;
}
