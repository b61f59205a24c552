/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "cmd/options.h"
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
    for (size_t i = 0; i < value->count; i++)
        buf_add_format(&joined, "%s%s", i > 0 ? ", " : "", value->list[i]);
    return buf_take(&joined);
}

static const char *setting_origin(const struct settings *settings, enum option_id option)
{
    const struct setting *value = &settings->values[option];

    return value->from != NULL ? value->from : value->text != NULL ? "default" : "";
}

static bool write_settings_json(const struct settings *settings, struct error *error)
{
    struct json *answer = json_make_object();
    struct json *all = json_make_object();
    char key[OPTION_NAME_SIZE];

    for (int i = 0; i < SETTING_COUNT; i++) {
        struct json *row = json_make_object();
        char *value = setting_value(settings, (enum option_id)i);

        json_put_text(row, "value", value);
        json_put_text(row, "from",
                      value != NULL ? setting_origin(settings, (enum option_id)i) : NULL);
        option_key((enum option_id)i, key);
        json_put(all, key, row);
        mem_free(value);
    }
    json_put_text(answer, "user_file", settings->user_file);
    json_put_text(answer, "system_file", settings->system_file);
    json_put(answer, "settings", all);
    return answer_json(answer, error);
}

static bool write_settings_table(const struct settings *settings, struct error *error)
{
    static const char *const headings[] = {"SETTING", "VALUE", "FROM", NULL};
    struct report *report = report_new(headings);

    for (int i = 0; i < SETTING_COUNT; i++) {
        char *value = setting_value(settings, (enum option_id)i);

        report_row(report);
        report_text(report, NULL, "SETTING", option_table[i].name);
        report_text(report, NULL, "VALUE", value != NULL ? value : "-");
        report_text(report, NULL, "FROM", setting_origin(settings, (enum option_id)i));
        mem_free(value);
    }
    return report_answer(report, false, error);
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
    .arguments = "",
    .summary = "the settings in force, and where each came from",
    .description = "Secrets are redacted.",
    .examples =
        (const char *const[]){"Where does each setting come from?", "pritunl-access config", NULL},
    .run = run_config,
};
