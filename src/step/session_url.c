/* SPDX-License-Identifier: MIT */
#include "step/session_internal.h"

#include "api/endpoints.h"
#include "api/locate.h"
#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "io/tls_file.h"
#include "io/tls_text.h"

static bool check_trust(const struct contact_options *options, struct error *error)
{
    if (options->pin != NULL && !tls_pin_valid(options->pin))
        return error_set(error, ERROR_USAGE,
                         "pin: sha256//BASE64 of a public key is wanted, as curl writes it");
    return options->ca_cert == NULL || tls_file_authorities("ca-cert", options->ca_cert, error);
}

const char *session_given_url(const struct session *session)
{
    const struct session_options *options = &session->options;
    bool stored = session->access == NULL || session->access->url != NULL;

    return options->url_is_borrowed && stored && session->db == NULL &&
                   !session_is_database_alone(options)
               ? NULL
               : options->contact.url;
}

bool session_begin(struct session *session, struct error *error)
{
    struct contact_options options = session->options.contact;

    options.url = session_given_url(session);
    if (!check_trust(&options, error))
        return false;
    if (options.url == NULL)
        return true;
    session->contact = contact_begin(&options, error);
    return session->contact != NULL;
}

static bool no_url(const struct session *session, struct error *error)
{
    if (session->db != NULL && server_is_plain(session_server(session)))
        error_set(error, ERROR_USAGE,
                  "the API's URL is not known: the hosts speak plain http (server_ssl is off), and "
                  "the proxy before them, which speaks https, is not in the database");
    else if (session->db != NULL)
        error_set(error, ERROR_USAGE,
                  "the API's URL is not known: the database names no address of an online host");
    else
        error_set(error, ERROR_USAGE, "the API's URL is not known: none is stored with the pair");
    return error_try(error, "--url https://HOST[:PORT]");
}

/* What nobody gave us for this run: its host must prove who it is, unless it is this machine. */
static bool check_stored(const struct session *session, const struct http_url *parts,
                         struct error *error)
{
    if (parts->tls || http_is_loopback(parts->host))
        return true;
    error_set(error, ERROR_USAGE, "the URL that is stored with the pair (%s) is plain http",
              session->access->url_from);
    return error_try(error, "--url %s", parts->base);
}

/*
 * The URL without asking anybody: given, or stored with the pair; NULL where it is neither. False
 * for a malformed one.
 */
bool session_known_url(const struct session *session, char **url, const char **from,
                       struct error *error)
{
    const char *given = session_given_url(session);
    bool stored = given == NULL && session->db == NULL && session->access != NULL;
    const char *text = stored ? session->access->url : given;
    struct http_url parts = {0};
    bool done = true;

    *url = NULL;
    if (text == NULL)
        return true;
    *from = stored ? session->access->url_from : session->options.url_from;
    done = http_url_parse(text, &parts, error) && (!stored || check_stored(session, &parts, error));
    if (done)
        *url = mem_text(parts.base);
    http_url_free(&parts);
    return done;
}

bool session_place(const struct session *session, char **url, char **from, struct error *error)
{
    struct endpoints endpoints = {0};
    const char *known_from = NULL;

    if (!session_known_url(session, url, &known_from, error))
        return false;
    if (*url != NULL) {
        *from = mem_text(known_from);
        return true;
    }
    if (session->db != NULL)
        server_endpoints(session_server(session), session->on_host, &endpoints);
    if (endpoints.count > 0) {
        *url = mem_text(endpoints.items[0].url);
        *from = mem_text(endpoints.items[0].from);
    }
    endpoints_clear(&endpoints);
    return *url != NULL || no_url(session, error);
}

static void found_at(struct session *session, const char *from)
{
    mem_free(session->url_from);
    session->url_from = mem_text(from);
}

/* A contact to the URL that is known, or to the best one that the database names. */
static bool make_contact(struct session *session, struct error *error)
{
    struct endpoints endpoints = {0};
    const struct endpoint *chosen = NULL;
    const char *known_from = NULL;
    enum cause ignored = CAUSE_NONE;
    char *url = NULL;
    bool done = false;

    if (!session_known_url(session, &url, &known_from, error))
        return false;
    if (url != NULL) {
        done = session_reach_url(session, url, error);
        found_at(session, known_from);
        mem_free(url);
        return done;
    }
    if (session->db != NULL) {
        struct contact_options options = session->options.contact;

        options.url = NULL;
        server_endpoints(session_server(session), session->on_host, &endpoints);
        session->contact =
            locate(&endpoints, &options, session_certificate(session), &chosen, &ignored);
    }
    if (chosen != NULL)
        found_at(session, chosen->from);
    endpoints_clear(&endpoints);
    return session->contact != NULL || no_url(session, error);
}

bool session_reach(struct session *session, struct error *error)
{
    if (session->contact == NULL && !make_contact(session, error))
        return false;
    if (session->url_from == NULL) /* begun, or reached otherwise */
        found_at(session, session->options.url_from);
    if (session->access != NULL)
        access_set_url(session->access, contact_url(session->contact), session->url_from);
    term_verbose("API at %s (from %s)", contact_url(session->contact), session->url_from);
    if (contact_proxy(session->contact) != NULL)
        term_verbose("through the proxy %s", contact_proxy(session->contact));
    return true;
}

bool session_reach_url(struct session *session, const char *url, struct error *error)
{
    struct contact_options options = session->options.contact;

    options.url = url;
    session->contact = contact_open(&options, error);
    return session->contact != NULL;
}

bool session_reach_host(struct session *session, const struct host *host, struct error *error)
{
    struct contact_options options = session->options.contact;
    struct endpoints endpoints = {0};
    const struct endpoint *chosen = NULL;
    enum cause ignored = CAUSE_NONE;

    options.url = NULL;
    server_host_endpoints(session_server(session), host, &endpoints);
    session->contact =
        locate(&endpoints, &options, session_certificate(session), &chosen, &ignored);
    session->host = host->id;
    endpoints_clear(&endpoints);
    if (session->contact == NULL)
        error_set(error, ERROR_API, "host %s %s", host->name,
                  server_is_plain(session_server(session))
                      ? "speaks plain http (server_ssl is off) and can be asked through its proxy "
                        "alone"
                      : "has no address that could be asked");
    return session->contact != NULL;
}
