/* SPDX-License-Identifier: MIT */
#include "cmd/flow.h"
#include "api/endpoints.h"

#include "api/locate.h"
#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "io/tls_file.h"
#include "io/tls_text.h"
#include "place/database.h"
#include "place/source.h"

#define MS_PER_S 1000

void flow_init(struct flow *flow, const struct settings *settings, const char *name)
{
    *flow = (struct flow){.settings = settings,
                          .wanted =
                              name != NULL ? name : settings_text(settings, OPTION_ADMINISTRATOR)};
}

void flow_clear(struct flow *flow)
{
    contact_abandon(flow->contact);
    flow->contact = NULL;
    mem_free(flow->url_from);
    flow->url_from = NULL;
    access_free(flow->access);
    flow->access = NULL;
    flow->admin = NULL;
    snapshot_free(flow->snapshot);
    flow->snapshot = NULL;
    db_free(flow->db);
    flow->db = NULL;
}

struct contact_options flow_contact_options(const struct settings *settings, const char *url)
{
    return (struct contact_options){
        .url = url,
        .insecure = settings_flag(settings, OPTION_INSECURE),
        .pin = settings_text(settings, OPTION_PIN),
        .ca_cert = settings_text(settings, OPTION_CA_CERT),
        .connect_timeout_ms = settings_number(settings, OPTION_CONNECT_TIMEOUT) * MS_PER_S,
        .timeout_ms = settings_number(settings, OPTION_TIMEOUT) * MS_PER_S,
    };
}

static bool check_trust(const struct settings *settings, struct error *error)
{
    const char *pin = settings_text(settings, OPTION_PIN);
    const char *ca_cert = settings_text(settings, OPTION_CA_CERT);

    if (pin != NULL && !tls_pin_valid(pin))
        return error_set(error, ERROR_USAGE,
                         "pin: sha256//BASE64 of a public key is wanted, as curl writes it");
    return ca_cert == NULL || tls_file_authorities("ca-cert", ca_cert, error);
}

static const struct setting *sources_of(const struct flow *flow)
{
    return &flow->settings->values[OPTION_SOURCE];
}

static bool is_database_alone(const struct flow *flow)
{
    const struct setting *sources = sources_of(flow);

    for (size_t i = 0; i < sources->count; i++)
        if (!source_is_database(sources->list[i]))
            return false;
    return true;
}

/*
 * The URL that was given, or NULL. What other tools' variables say (PRITUNL_URL) is given as well,
 * unless the pair comes from elsewhere than the database: then it counts only where no URL is
 * stored with the pair.
 */
static const char *given_url(const struct flow *flow)
{
    const struct setting *url = &flow->settings->values[OPTION_URL];
    bool borrowed =
        url->origin == ORIGIN_ENVIRONMENT && !text_starts(url->from, OPTION_ENVIRONMENT_PREFIX);
    bool stored = flow->access == NULL || flow->access->url != NULL;

    return borrowed && stored && flow->db == NULL && !is_database_alone(flow) ? NULL : url->text;
}

bool flow_begin(struct flow *flow, struct error *error)
{
    const char *url = given_url(flow);
    struct contact_options options = flow_contact_options(flow->settings, url);

    if (!check_trust(flow->settings, error))
        return false;
    if (url == NULL)
        return true;
    flow->contact = contact_begin(&options, error);
    return flow->contact != NULL;
}

static int64_t patience(const struct flow *flow, enum option_id option)
{
    int64_t ms = settings_number(flow->settings, option) * MS_PER_S;

    return flow->patience_ms > 0 && flow->patience_ms < ms ? flow->patience_ms : ms;
}

bool flow_open(struct flow *flow, struct error *error)
{
    const struct settings *settings = flow->settings;
    bool file = settings_given(settings, OPTION_MONGODB_URI_FILE) &&
                settings->values[OPTION_MONGODB_URI_FILE].origin >=
                    settings->values[OPTION_MONGODB_URI].origin;
    struct database_config config = {
        .uri = file ? NULL : settings_text(settings, OPTION_MONGODB_URI),
        .uri_file = file ? settings_text(settings, OPTION_MONGODB_URI_FILE) : NULL,
        .pritunl_conf = settings_text(settings, OPTION_PRITUNL_CONF),
        .prefix = settings_text(settings, OPTION_COLLECTION_PREFIX),
        .connect_timeout_ms = patience(flow, OPTION_CONNECT_TIMEOUT),
        .timeout_ms = patience(flow, OPTION_TIMEOUT),
    };

    if (flow->writes && !flow_only_database(flow, "a command that writes", error))
        return false;
    if (!database_open(&config, &flow->db, &flow->on_host, error))
        return false;
    if (flow->writes)
        db_use_primary(flow->db);
    return true;
}

bool flow_survey(struct flow *flow, const struct snapshot_query *query, struct error *error)
{
    flow->admin = NULL;
    snapshot_free(flow->snapshot);
    flow->snapshot = snapshot_read(flow->db, query, error);
    return flow->snapshot != NULL;
}

void flow_pair(struct flow *flow)
{
    access_free(flow->access);
    flow->access = NULL;
    if (admin_can_sign(flow->admin))
        flow->access = access_new(flow->admin->username, flow->admin->token, flow->admin->secret);
}

/* Settings and hosts matter where they are to tell the URL, or what to trust there. */
static bool wants_server(const struct settings *settings)
{
    return settings_text(settings, OPTION_URL) == NULL ||
           (!settings_given(settings, OPTION_CA_CERT) && !settings_given(settings, OPTION_PIN) &&
            !settings_given(settings, OPTION_INSECURE));
}

static bool read_database(struct flow *flow, struct error *error)
{
    const struct snapshot_query query = {.username = flow->whole ? NULL : flow->wanted,
                                         .wants_server =
                                             flow->writes || wants_server(flow->settings),
                                         .silent = flow->told};

    if (!flow_open(flow, error))
        return false;
    flow_survey(flow, &query, error);
    flow->told = snapshot_expired(flow->snapshot) > 0;
    if (flow->snapshot != NULL)
        flow->admin = snapshot_pick(flow->snapshot, flow->db, flow->wanted, error);
    if (flow->admin == NULL)
        return false;
    flow_pair(flow);
    return true;
}

/* A database that had no pair is not asked for the URL of another source's. */
static void leave_database(struct flow *flow)
{
    flow->admin = NULL;
    snapshot_free(flow->snapshot);
    flow->snapshot = NULL;
    db_free(flow->db);
    flow->db = NULL;
    flow->on_host = false;
}

static bool read_other(struct flow *flow, const char *where, struct error *error)
{
    const struct settings *settings = flow->settings;
    const struct source_config config = {
        .where = where,
        .names =
            settings_given(settings, OPTION_NAMES) ? settings_text(settings, OPTION_NAMES) : NULL,
        .administrator = flow->wanted,
        .url_given = given_url(flow) != NULL,
        .connect_timeout_ms = settings_number(settings, OPTION_CONNECT_TIMEOUT) * MS_PER_S,
        .timeout_ms = settings_number(settings, OPTION_TIMEOUT) * MS_PER_S,
    };

    if (!source_read(&config, &flow->access, error))
        return false;
    if (flow->wanted != NULL && flow->access->administrator != NULL &&
        !text_equal(flow->wanted, flow->access->administrator)) {
        access_free(flow->access);
        flow->access = NULL;
        return error_set(error, ERROR_NOT_FOUND, "%s holds the pair of another administrator",
                         where);
    }
    term_verbose("credential from %s", flow->access->url_from);
    return true;
}

/*
 * Whether the pair is there, or the search ends here: only a source that has none leaves it to the
 * next.
 */
static bool read_source(struct flow *flow, const char *where, bool last, bool *over,
                        struct error *error)
{
    bool database = source_is_database(where);
    bool done = database ? read_database(flow, error) : read_other(flow, where, error);

    *over = last || (done ? flow->access != NULL : error->kind != ERROR_NOT_FOUND);
    if (*over) {
        if (!done && !database && error->kind == ERROR_NOT_FOUND)
            error->kind = ERROR_UNUSABLE;
        return done;
    }
    term_verbose("%s: no pair there", source_is_database(where) ? where : error->text);
    leave_database(flow);
    return false;
}

bool flow_read(struct flow *flow, struct error *error)
{
    const struct setting *sources = sources_of(flow);
    bool over = sources->count == 0;
    bool done = false;

    for (size_t i = 0; i < sources->count; i++)
        if (!source_check(sources->list[i], error))
            return false;
    if (flow->writes && !flow_only_database(flow, "a command that writes", error))
        return false;
    if (over)
        return read_database(flow, error);
    for (size_t i = 0; i < sources->count && !over; i++)
        done = read_source(flow, sources->list[i], i + 1 == sources->count, &over, error);
    return done;
}

bool flow_only_database(const struct flow *flow, const char *what, struct error *error)
{
    if (is_database_alone(flow))
        return true;
    error_set(error, ERROR_USAGE, "%s needs the database, and the source is %s", what,
              sources_of(flow)->text);
    return error_try(error, "--source mongodb");
}

const char *flow_name(const struct flow *flow)
{
    if (flow->admin != NULL)
        return flow->admin->username;
    return flow->access != NULL ? flow->access->administrator : NULL;
}

const char *flow_certificate(const struct flow *flow)
{
    return snapshot_server(flow->snapshot)->certificate;
}

static bool no_url(const struct flow *flow, struct error *error)
{
    if (flow->db != NULL)
        error_set(error, ERROR_USAGE,
                  "the API's URL is not known: the database names no address of an online host");
    else
        error_set(error, ERROR_USAGE, "the API's URL is not known: none is stored with the pair");
    return error_try(error, "--url https://HOST[:PORT]");
}

/* What nobody gave us for this run: its host must prove who it is, unless it is this machine. */
static bool check_stored(const struct flow *flow, const struct http_url *parts, struct error *error)
{
    if (parts->tls || http_is_loopback(parts->host))
        return true;
    error_set(error, ERROR_USAGE, "the URL that is stored with the pair (%s) is plain http",
              flow->access->url_from);
    return error_try(error, "--url %s", parts->base);
}

/*
 * The URL without asking anybody: given, or stored with the pair; NULL where it is neither. False
 * for a malformed one.
 */
static bool known_url(const struct flow *flow, char **url, const char **from, struct error *error)
{
    const char *given = given_url(flow);
    bool stored = given == NULL && flow->db == NULL && flow->access != NULL;
    const char *text = stored ? flow->access->url : given;
    struct http_url parts = {0};
    bool done = true;

    *url = NULL;
    if (text == NULL)
        return true;
    *from = stored ? flow->access->url_from : flow->settings->values[OPTION_URL].from;
    done = http_url_parse(text, &parts, error) && (!stored || check_stored(flow, &parts, error));
    if (done)
        *url = mem_text(parts.base);
    http_url_free(&parts);
    return done;
}

bool flow_place(const struct flow *flow, char **url, char **from, struct error *error)
{
    struct endpoints endpoints = {0};
    const char *known_from = NULL;

    if (!known_url(flow, url, &known_from, error))
        return false;
    if (*url != NULL) {
        *from = mem_text(known_from);
        return true;
    }
    server_endpoints(snapshot_server(flow->snapshot), flow->on_host, &endpoints);
    if (flow->db == NULL || endpoints.count == 0)
        goto fail;
    *url = mem_text(endpoints.items[0].url);
    *from = mem_text(endpoints.items[0].from);
    endpoints_clear(&endpoints);
    return true;
fail:
    endpoints_clear(&endpoints);
    return no_url(flow, error);
}

static void found_at(struct flow *flow, const char *from)
{
    mem_free(flow->url_from);
    flow->url_from = mem_text(from);
}

/* A contact to the URL that is known, or to the best one that the database names. */
static bool make_contact(struct flow *flow, struct error *error)
{
    struct contact_options options = flow_contact_options(flow->settings, NULL);
    struct endpoints endpoints = {0};
    const struct endpoint *chosen = NULL;
    const char *known_from = NULL;
    char *url = NULL;

    if (!known_url(flow, &url, &known_from, error))
        return false;
    if (url != NULL) {
        options.url = url;
        flow->contact = contact_open(&options, error);
        found_at(flow, known_from);
        mem_free(url);
        return flow->contact != NULL;
    }
    if (flow->db != NULL) {
        server_endpoints(snapshot_server(flow->snapshot), flow->on_host, &endpoints);
        flow->contact = locate(&endpoints, &options, flow_certificate(flow), &chosen, &flow->found);
    }
    if (flow->contact != NULL)
        found_at(flow, chosen->from);
    endpoints_clear(&endpoints);
    return flow->contact != NULL || no_url(flow, error);
}

bool flow_reach(struct flow *flow, struct error *error)
{
    if (flow->contact != NULL)
        found_at(flow, flow->settings->values[OPTION_URL].from);
    else if (!make_contact(flow, error))
        return false;
    if (flow->access != NULL)
        access_set_url(flow->access, contact_url(flow->contact), flow->url_from);
    term_verbose("API at %s (from %s)", contact_url(flow->contact), flow->url_from);
    if (contact_proxy(flow->contact) != NULL)
        term_verbose("through the proxy %s", contact_proxy(flow->contact));
    return true;
}
