/* SPDX-License-Identifier: MIT */
#include "cmd/options.h"

#define MS_PER_S 1000

static int64_t given_ms(const struct settings *settings, enum option_id option)
{
    return settings_number(settings, option) * MS_PER_S;
}

static const char *text_if_given(const struct settings *settings, enum option_id option)
{
    return settings_given(settings, option) ? settings_text(settings, option) : NULL;
}

static struct contact_options contact_of(const struct settings *settings)
{
    return (struct contact_options){
        .url = settings_text(settings, OPTION_URL),
        .insecure = settings_flag(settings, OPTION_INSECURE),
        .pin = settings_text(settings, OPTION_PIN),
        .ca_cert = settings_text(settings, OPTION_CA_CERT),
        .connect_timeout_ms = given_ms(settings, OPTION_CONNECT_TIMEOUT),
        .timeout_ms = given_ms(settings, OPTION_TIMEOUT),
    };
}

/* Of the URI and the file that holds it the one of the higher origin counts. */
struct database_config options_database(const struct settings *settings)
{
    bool file = settings_given(settings, OPTION_MONGODB_URI_FILE) &&
                settings->values[OPTION_MONGODB_URI_FILE].origin >=
                    settings->values[OPTION_MONGODB_URI].origin;

    return (struct database_config){
        .uri = file ? NULL : settings_text(settings, OPTION_MONGODB_URI),
        .uri_file = file ? settings_text(settings, OPTION_MONGODB_URI_FILE) : NULL,
        .pritunl_conf = settings_text(settings, OPTION_PRITUNL_CONF),
        .prefix = settings_text(settings, OPTION_COLLECTION_PREFIX),
        .connect_timeout_ms = given_ms(settings, OPTION_CONNECT_TIMEOUT),
        .timeout_ms = given_ms(settings, OPTION_TIMEOUT),
    };
}

struct session_options options_session(const struct settings *settings, const char *name)
{
    const struct setting *url = &settings->values[OPTION_URL];
    const struct setting *sources = &settings->values[OPTION_SOURCE];

    return (struct session_options){
        .name = name != NULL ? name : settings_text(settings, OPTION_ADMINISTRATOR),
        .contact = contact_of(settings),
        .url_from = url->from,
        .url_is_borrowed = url->origin == ORIGIN_BORROWED,
        .database = options_database(settings),
        .sources = (const char *const *)sources->list,
        .source_count = sources->count,
        .names = text_if_given(settings, OPTION_NAMES),
        .server_time = settings_flag(settings, OPTION_SERVER_TIME),
    };
}

struct session_options options_session_writing(const struct settings *settings, const char *name)
{
    struct session_options options = options_session(settings, name);

    options.writes = true;
    return options;
}

struct agree_options options_agree(const struct settings *settings)
{
    return (struct agree_options){.yes = settings_flag(settings, OPTION_YES),
                                  .dry_run = settings_flag(settings, OPTION_DRY_RUN),
                                  .json = settings_flag(settings, OPTION_JSON)};
}

struct change_options options_change(const struct settings *settings)
{
    return (struct change_options){.agree = options_agree(settings),
                                   .no_undo = settings_flag(settings, OPTION_NO_UNDO),
                                   .wait_ms = options_wait_ms(settings),
                                   .settle_ms =
                                       settings_number(settings, OPTION_SETTLE) * MS_PER_S};
}

struct output_config options_output(const struct settings *settings)
{
    return (struct output_config){
        text_if_given(settings, OPTION_OUTPUT), text_if_given(settings, OPTION_MODE),
        settings_text(settings, OPTION_OWNER), settings_text(settings, OPTION_GROUP)};
}

struct handover_options options_child(const struct settings *settings)
{
    return (struct handover_options){
        .names = settings_text(settings, OPTION_NAMES),
        .insecure_consumer = settings_flag(settings, OPTION_INSECURE_CONSUMER),
        .no_verify = settings_flag(settings, OPTION_NO_VERIFY),
        .check = settings_flag(settings, OPTION_CHECK),
        .json = settings_flag(settings, OPTION_JSON),
        .connect_timeout_ms = given_ms(settings, OPTION_CONNECT_TIMEOUT),
        .timeout_ms = given_ms(settings, OPTION_TIMEOUT),
    };
}

struct handover_options options_handover(const struct settings *settings)
{
    struct handover_options options = options_child(settings);

    options.format = settings_text(settings, OPTION_FORMAT);
    options.format_options = (struct format_options){settings_text(settings, OPTION_NAME),
                                                     settings_text(settings, OPTION_NAMESPACE)};
    options.output = options_output(settings);
    options.replace = settings_flag(settings, OPTION_REPLACE);
    options.ca_file = settings_text(settings, OPTION_CA_FILE);
    return options;
}

int64_t options_wait_ms(const struct settings *settings)
{
    return settings_given(settings, OPTION_WAIT) ? given_ms(settings, OPTION_WAIT) : 0;
}
