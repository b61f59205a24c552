/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "cmd/options.h"
#include "place/database.h"
#include "place/source.h"
#include "step/answer.h"
#include "step/report.h"

/*
 * A URI without its user part and its options, which may hold passwords of their own: scheme,
 * hosts, database.
 */
static char *redact_uri(const char *uri)
{
    const char *start = strstr(uri, "://");
    const char *end = NULL;
    const char *hosts = NULL;

    if (start == NULL)
        return mem_text("(redacted)");
    start += 3;
    /*
     * A password may hold an unescaped '/', '?' or '@': what is in front of the last '@' of all is
     * left out.
     */
    hosts = strrchr(start, '@');
    hosts = hosts != NULL ? hosts + 1 : start;
    end = hosts + strcspn(hosts, "?");
    return text_format("%.*s%s%.*s", (int)(start - uri), uri, hosts != start ? "***@" : "",
                       (int)(end - hosts), hosts);
}

static char *setting_value(const struct settings *settings, enum option_id option)
{
    const struct setting *value = &settings->values[option];
    struct buf joined = BUF_EMPTY(BUF_MAX);

    if (value->text == NULL)
        return NULL;
    if (option == OPTION_MONGODB_URI || option == OPTION_URL) /* as given: it may be malformed */
        return redact_uri(value->text);
    if (option_table[option].type != OPTION_IS_LIST)
        return mem_text(value->text);
    for (size_t i = 0; i < value->count; i++) {
        char *each =
            option == OPTION_SOURCE ? source_shown(value->list[i]) : mem_text(value->list[i]);

        buf_add_format(&joined, "%s%s", i > 0 ? ", " : "", each);
        mem_free(each);
    }
    return buf_take(&joined);
}

static const char *setting_origin(const struct settings *settings, enum option_id option)
{
    const struct setting *value = &settings->values[option];

    return value->from != NULL ? value->from : value->text != NULL ? "default" : "";
}

/* The database that would be asked; value is NULL where from says why there is none. */
struct database_in_force {
    char *uri; /* redacted */
    char *from;
    char *prefix;
    bool none;
};

static struct database_in_force find_database(const struct settings *settings)
{
    const struct database_config config = options_database(settings);
    struct database_in_force found = {0};
    struct error error = {0};
    char *uri = NULL;

    found.none = !database_named(&config, &uri, &found.from, &found.prefix, &error);
    if (found.none)
        found.from = mem_text(error.text);
    else if (found.from == NULL)
        found.from = mem_text(settings->values[OPTION_MONGODB_URI].from);
    found.uri = uri != NULL ? redact_uri(uri) : NULL;
    mem_free(uri);
    return found;
}

static void clear_database(struct database_in_force *database)
{
    mem_free(database->uri);
    mem_free(database->from);
    mem_free(database->prefix);
}

static struct json *database_json(const struct database_in_force *database)
{
    struct json *json = json_make_object();

    json_put_text(json, "value", database->uri);
    json_put_text(json, "from", database->none ? NULL : database->from);
    json_put_text(json, "collection_prefix", database->prefix);
    json_put_text(json, "why", database->none ? database->from : NULL);
    return json;
}

/* Where a command takes something else than the setting's default. */
static const struct {
    enum option_id option;
    const char *command;
    int number;
} own_defaults[] = {{OPTION_JOBS, "dump", JOBS_DUMP},
                    {OPTION_JOBS, "verify --all-profiles", JOBS_PROFILES}};

#define OWN_DEFAULTS (sizeof own_defaults / sizeof *own_defaults)

static void put_own_defaults(const struct settings *settings, enum option_id option,
                             struct json *row)
{
    struct json *commands = json_make_object();
    bool any = false;

    for (size_t i = 0; i < OWN_DEFAULTS; i++) {
        if (own_defaults[i].option != option || settings_given(settings, option))
            continue;
        json_put_int(commands, own_defaults[i].command, own_defaults[i].number);
        any = true;
    }
    if (any)
        json_put(row, "commands", commands);
    else
        json_free(commands);
}

static char *value_with_defaults(const struct settings *settings, enum option_id option)
{
    char *value = setting_value(settings, option);
    struct buf out = BUF_EMPTY(BUF_MAX);

    buf_add_text(&out, value != NULL ? value : "-");
    for (size_t i = 0; i < OWN_DEFAULTS; i++)
        if (own_defaults[i].option == option && !settings_given(settings, option))
            buf_add_format(&out, ", %s %d", own_defaults[i].command, own_defaults[i].number);
    mem_free(value);
    return buf_take(&out);
}

static bool write_settings_json(const struct settings *settings, struct error *error)
{
    struct json *answer = json_make_object();
    struct json *all = json_make_object();
    struct database_in_force database = find_database(settings);
    char key[OPTION_NAME_SIZE];

    for (int i = 0; i < SETTING_COUNT; i++) {
        struct json *row = json_make_object();
        char *value = setting_value(settings, (enum option_id)i);

        json_put_text(row, "value", value);
        json_put_text(row, "from",
                      value != NULL ? setting_origin(settings, (enum option_id)i) : NULL);
        put_own_defaults(settings, (enum option_id)i, row);
        option_key((enum option_id)i, key);
        json_put(all, key, row);
        mem_free(value);
    }
    json_put_text(answer, "user_file", settings->user_file);
    json_put_text(answer, "system_file", settings->system_file);
    json_put(answer, "database", database_json(&database));
    json_put(answer, "settings", all);
    clear_database(&database);
    return answer_json(answer, error);
}

static bool write_settings_table(const struct settings *settings, struct error *error)
{
    static const char *const headings[] = {"SETTING", "VALUE", "FROM", NULL};
    struct report *report = report_new(headings, REPORT_TABLE);
    struct database_in_force database = find_database(settings);

    report_row(report);
    report_text(report, NULL, "SETTING", "(database)");
    report_text(report, NULL, "VALUE", database.uri != NULL ? database.uri : "-");
    report_text(report, NULL, "FROM", database.from);
    clear_database(&database);
    for (int i = 0; i < SETTING_COUNT; i++) {
        char *value = value_with_defaults(settings, (enum option_id)i);

        report_row(report);
        report_text(report, NULL, "SETTING", option_table[i].name);
        report_text(report, NULL, "VALUE", value);
        report_text(report, NULL, "FROM", setting_origin(settings, (enum option_id)i));
        mem_free(value);
    }
    return report_answer(report, error);
}

static bool run_config(struct run *run)
{
    struct settings *settings = run->settings;
    struct error *error = run->error;

    return settings_flag(settings, OPTION_JSON) ? write_settings_json(settings, error)
                                                : write_settings_table(settings, error);
}

const struct command cmd_config = {
    .name = "config",
    .group = GROUP_LOOK,
    .arguments = "",
    .summary = "the settings in force, and where each came from",
    .description = "The database that would be asked comes first. Secrets are redacted.",
    .examples =
        (const char *const[]){"Where does each setting come from?", "pritunl-access config", NULL},
    .run = run_config,
};
