/* SPDX-License-Identifier: MIT */
#include "cli/configuration.h"

#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "cli/settings.h"

#define SYSTEM_FILE "/etc/pritunl-access.json"
#define FILE_MAX ((size_t)4 * 1024 * 1024)

struct visit {
    struct settings *settings;
    enum origin origin;
    const char *path;
    bool in_profile;
    bool secret; /* a value was met that is a secret */
    struct error *error;
};

static bool holds_secret(enum option_id option)
{
    return option == OPTION_MONGODB_URI;
}

static bool note_secret(void *context, const char *key, const struct json *value)
{
    bool *secret = context;

    *secret = *secret || (holds_secret(option_find_key(key)) && json_type_of(value) == JSON_TEXT);
    return true;
}

/* Has one of the file's profiles a value that is a secret? */
static bool note_profile(void *context, const char *name, const struct json *profile)
{
    (void)name;
    return json_type_of(profile) != JSON_MAP || json_each(profile, note_secret, context);
}

static bool take_scalar(struct visit *visit, enum option_id option, const struct json *value)
{
    char *text = NULL;
    bool taken = false;

    switch (json_type_of(value)) {
    case JSON_TEXT:
        text = mem_text(json_text(value, NULL));
        break;
    case JSON_INT:
        text = text_format("%lld", (long long)json_int(value, 0));
        break;
    case JSON_BOOL:
        if (option_table[option].type == OPTION_IS_FLAG)
            text = mem_text(json_is_true(value) ? "true" : "false");
        break;
    default:
        break;
    }
    if (text == NULL)
        return error_set(visit->error, ERROR_USAGE, "%s: the value of %s has the wrong type",
                         visit->path, option_table[option].name);
    visit->secret = visit->secret || holds_secret(option);
    taken = settings_set(visit->settings, option, visit->origin, visit->path, text, visit->error);
    mem_free(text);
    return taken;
}

/* A source that is a program may be an object with an array: {"command": ["PROGRAM", "ARG", …]}. */
static bool take_program(struct visit *visit, enum option_id option, const struct json *value)
{
    const struct json *words = json_get(value, "command");
    struct buf text = BUF_EMPTY(FILE_MAX);
    bool done = option == OPTION_SOURCE && json_type_of(words) == JSON_LIST;

    if (!done)
        return take_scalar(visit, option, value);
    buf_add_text(&text, "command:");
    json_write(words, 0, &text);
    done = settings_set(visit->settings, option, visit->origin, visit->path, buf_text(&text),
                        visit->error);
    buf_free(&text);
    return done;
}

static bool take_text_list(struct visit *visit, enum option_id option, const struct json *value)
{
    for (size_t i = 0; i < json_count(value); i++)
        if (!take_program(visit, option, json_at(value, i)))
            return false;
    return true;
}

static bool take_key(void *context, const char *key, const struct json *value)
{
    struct visit *visit = context;
    enum option_id option = option_find_key(key);
    char nearest[OPTION_NAME_SIZE];

    if (text_equal(key, "profiles") && !visit->in_profile)
        return json_type_of(value) != JSON_MAP || json_each(value, note_profile, &visit->secret);
    if (option == OPTION_COUNT) {
        char *printable = text_printable(key, strlen(key));

        error_set(visit->error, ERROR_USAGE, "%s: unknown key \"%s\"", visit->path, printable);
        mem_free(printable);
        option = option_nearest(key);
        if (option < SETTING_COUNT) {
            option_key(option, nearest);
            error_try(visit->error, "use \"%s\" instead", nearest);
        }
        return false;
    }
    if (json_type_of(value) == JSON_NULL_VALUE)
        return true;
    if (json_type_of(value) == JSON_LIST && option_table[option].type == OPTION_IS_LIST)
        return take_text_list(visit, option, value);
    return take_program(visit, option, value);
}

static bool take_object(struct settings *settings, enum origin origin, const char *path,
                        bool in_profile, const struct json *object, bool *secret,
                        struct error *error)
{
    struct visit visit = {settings, origin, path, in_profile, false, error};
    bool taken = json_each(object, take_key, &visit);

    if (secret != NULL)
        *secret = visit.secret;
    return taken;
}

/* Read path into *json; a missing file that nobody asked for is none. */
static bool load(const char *path, bool needed, struct json **json, bool *exposed,
                 struct error *error)
{
    struct buf content = BUF_EMPTY(FILE_MAX);
    bool done = true;

    if (path == NULL || (!needed && !file_exists(path)))
        return true;
    done = file_read_own(path, &content, exposed, error);
    if (done) {
        *json = json_parse_file(buf_text(&content), content.length, path, error);
        done = *json != NULL;
    }
    if (done && json_type_of(*json) != JSON_MAP)
        done = error_set(error, ERROR_USAGE, "%s: a JSON object is wanted", path);
    buf_free(&content);
    return done;
}

static char *default_user_file(void)
{
    const char *config_home = file_variable("XDG_CONFIG_HOME");
    const char *home = config_home == NULL ? file_variable("HOME") : NULL;

    if (config_home != NULL)
        return text_format("%s/pritunl-access/config.json", config_home);
    return home != NULL ? text_format("%s/.config/pritunl-access/config.json", home) : NULL;
}

static bool use_profile_of(struct settings *settings, const struct json *file, enum origin origin,
                           const char *path, const char *name, bool *found, struct error *error)
{
    const struct json *profile = json_get(json_get(file, "profiles"), name);
    char *from = NULL;
    bool done = true;

    if (profile == NULL)
        return true;
    *found = true;
    if (json_type_of(profile) != JSON_MAP)
        return error_set(error, ERROR_USAGE, "%s: profile %s is not an object", path, name);
    from = text_format("%s, profile %s", path, name);
    done = take_object(settings, origin, from, true, profile, NULL, error);
    mem_free(from);
    return done;
}

static bool refuse_profile(const struct settings *files, const char *name, struct error *error)
{
    char *printable = text_printable(name, strlen(name));
    size_t count = 0;
    const char **names = settings_profiles(files, &count);
    const char *nearest = text_nearest(name, names, count);
    char *word = text_shell(nearest != NULL ? nearest : "");

    error_set(error, ERROR_USAGE, "no configuration file has a profile %s", printable);
    if (nearest != NULL)
        error_try(error, "--profile %s", word);
    else
        error_try(error, "pritunl-access config");
    mem_free(word);
    mem_free(names);
    mem_free(printable);
    return false;
}

static bool use_profile(struct settings *settings, const struct settings *files, const char *name,
                        struct error *error)
{
    bool found = false;

    if (!use_profile_of(settings, files->system_json, ORIGIN_SYSTEM_FILE, files->system_file, name,
                        &found, error) ||
        !use_profile_of(settings, files->user_json, ORIGIN_USER_FILE, files->user_file, name,
                        &found, error))
        return false;
    return found || refuse_profile(files, name, error);
}

bool settings_with_profile(struct settings *copy, const struct settings *settings, const char *name,
                           struct error *error)
{
    settings_copy(copy, settings, ORIGIN_BORROWED);
    return settings_set(copy, OPTION_PROFILE, ORIGIN_OPTION, "--all-profiles", name, error) &&
           (settings->system_json == NULL ||
            take_object(copy, ORIGIN_SYSTEM_FILE, settings->system_file, false,
                        settings->system_json, NULL, error)) &&
           (settings->user_json == NULL || take_object(copy, ORIGIN_USER_FILE, settings->user_file,
                                                       false, settings->user_json, NULL, error)) &&
           use_profile(copy, settings, name, error) && settings_check(copy, error);
}

static bool take_file(struct settings *settings, enum origin origin, const char *path, bool needed,
                      struct json **json, struct error *error)
{
    bool exposed = false;
    bool secret = false;

    if (!load(path, needed, json, &exposed, error))
        return false;
    if (*json != NULL && !take_object(settings, origin, path, false, *json, &secret, error))
        return false;
    if (exposed && secret)
        term_warn("%s holds a database URI and can be read by others: chmod go-r %s", path, path);
    return true;
}

bool settings_from_files(struct settings *settings, struct error *error)
{
    const char *named = settings_text(settings, OPTION_CONFIG);
    const char *profile = NULL;

    settings->user_file = named != NULL ? mem_text(named) : default_user_file();
    settings->system_file = mem_text(SYSTEM_FILE);
    if (!take_file(settings, ORIGIN_SYSTEM_FILE, settings->system_file, false,
                   &settings->system_json, error) ||
        !take_file(settings, ORIGIN_USER_FILE, settings->user_file, named != NULL,
                   &settings->user_json, error))
        return false;
    profile = settings_text(settings, OPTION_PROFILE);
    return profile == NULL || use_profile(settings, settings, profile, error);
}

static bool collect_profile(void *context, const char *key, const struct json *value)
{
    struct {
        const char **names;
        size_t count;
    } *list = context;

    (void)value;
    for (size_t i = 0; i < list->count; i++)
        if (text_equal(list->names[i], key))
            return true;
    list->names = mem_grow(list->names, (list->count + 1) * sizeof *list->names);
    list->names[list->count++] = key;
    return true;
}

const char **settings_profiles(const struct settings *settings, size_t *count)
{
    struct {
        const char **names;
        size_t count;
    } list = {0};

    json_each(json_get(settings->user_json, "profiles"), collect_profile, &list);
    json_each(json_get(settings->system_json, "profiles"), collect_profile, &list);
    *count = list.count;
    return list.names;
}
