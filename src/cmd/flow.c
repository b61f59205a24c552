/* SPDX-License-Identifier: MIT */
#include "cmd/flow.h"

#include <unistd.h>

#include "base/mem.h"
#include "base/term.h"
#include "pritunl/locate.h"
#include "source/database.h"

#define MS_PER_S 1000

void flow_init(struct flow *flow, const struct settings *settings, const char *name)
{
    *flow = (struct flow){.settings = settings,
                          .wanted =
                              name != NULL ? name : settings_text(settings, OPTION_ADMINISTRATOR)};
    server_init(&flow->cluster.server);
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
    cluster_clear(&flow->cluster);
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
    if (ca_cert != NULL && access(ca_cert, R_OK) != 0)
        return error_set(error, ERROR_USAGE, "ca-cert: %s cannot be read", ca_cert);
    return true;
}

bool flow_begin(struct flow *flow, struct error *error)
{
    const char *url = settings_text(flow->settings, OPTION_URL);
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

    if (!database_open(&config, &flow->db, &flow->on_host, error))
        return false;
    if (flow->writes)
        db_use_primary(flow->db);
    return true;
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

bool flow_read(struct flow *flow, struct error *error)
{
    const struct cluster_query query = {flow->wanted, flow->writes || wants_server(flow->settings)};

    if (!flow_open(flow, error))
        return false;
    term_verbose("database %s at %s%s", db_name(flow->db), db_hosts(flow->db),
                 db_is_tls(flow->db) ? " (TLS)" : "");
    flow->admin = cluster_find(flow->db, &query, &flow->cluster, error);
    if (flow->admin == NULL)
        return false;
    flow_pair(flow);
    return true;
}

const char *flow_certificate(const struct flow *flow)
{
    return flow->cluster.server.certificate;
}

static bool no_url(struct error *error)
{
    error_set(error, ERROR_USAGE,
              "the API's URL is not known: the database names no address of an online host");
    return error_try(error, "--url https://HOST[:PORT]");
}

bool flow_place(const struct flow *flow, char **url, char **from, struct error *error)
{
    const char *given = settings_text(flow->settings, OPTION_URL);
    struct endpoints endpoints = {0};
    struct http_url parts = {0};

    if (given != NULL) {
        if (!http_url_parse(given, &parts, error))
            return false;
        *url = mem_text(parts.base);
        *from = mem_text(flow->settings->values[OPTION_URL].from);
        http_url_free(&parts);
        return true;
    }
    server_endpoints(&flow->cluster.server, flow->on_host, &endpoints);
    if (endpoints.count == 0)
        return no_url(error);
    *url = mem_text(endpoints.items[0].url);
    *from = mem_text(endpoints.items[0].from);
    endpoints_clear(&endpoints);
    return true;
}

bool flow_reach(struct flow *flow, struct error *error)
{
    struct contact_options options = flow_contact_options(flow->settings, NULL);
    struct endpoints endpoints = {0};
    const struct endpoint *chosen = NULL;
    const char *from = flow->settings->values[OPTION_URL].from;

    if (flow->contact == NULL && settings_text(flow->settings, OPTION_URL) != NULL) {
        options.url = settings_text(flow->settings, OPTION_URL);
        flow->contact = contact_open(&options, error);
        if (flow->contact == NULL)
            return false;
    } else if (flow->contact == NULL) {
        server_endpoints(&flow->cluster.server, flow->on_host, &endpoints);
        flow->contact = locate(&endpoints, &options, flow_certificate(flow), &chosen, &flow->found);
        if (flow->contact == NULL)
            return no_url(error);
        from = chosen->from;
    }
    mem_free(flow->url_from);
    flow->url_from = mem_text(from);
    if (flow->access != NULL)
        access_set_url(flow->access, contact_url(flow->contact), from);
    term_verbose("API at %s (from %s)", contact_url(flow->contact), from);
    if (contact_proxy(flow->contact) != NULL)
        term_verbose("through the proxy %s", contact_proxy(flow->contact));
    endpoints_clear(&endpoints);
    return true;
}

void flow_verify(struct flow *flow, struct verify_result *result)
{
    const struct verify_case what = {.access = flow->access,
                                     .admin = flow->admin,
                                     .server = &flow->cluster.server,
                                     .db = flow->db,
                                     .server_time =
                                         settings_flag(flow->settings, OPTION_SERVER_TIME)};

    verify_run(flow->contact, flow_certificate(flow), &what, result);
    if (result->verdict == VERDICT_ACCEPTED && flow->admin->flag_fault == CAUSE_FLAG_NOT_BOOLEAN)
        term_warn("%s: accepted only while another administrator keeps the web front open",
                  cause_text(CAUSE_FLAG_NOT_BOOLEAN));
}

bool flow_usable(const struct flow *flow, struct error *error)
{
    enum cause fault = admin_fault(flow->admin);
    const char *detail = admin_detail(flow->admin, fault);

    if (fault == CAUSE_NONE)
        return true;
    error_set(error, ERROR_UNUSABLE, "there is no usable credential of %s: %s%s%s%s",
              admin_name(flow->admin), cause_text(fault), *detail != '\0' ? " (" : "", detail,
              *detail != '\0' ? ")" : "");
    error_because(error, cause_name(fault));
    cause_write_remedy(fault, flow->admin->username, error->attempt, sizeof error->attempt);
    return false;
}
