/* SPDX-License-Identifier: MIT */
#include "api/explain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/text.h"
#include "pritunl/token.h"

#define DEFAULT_TIME_WINDOW_S 43200

static const char *const front_texts[] = {"Missing token", "Failed to decode token",
                                          "Token length invalid"};

bool explain_is_pritunl(const struct http_answer *answer)
{
    const char *body = buf_text(&answer->body);

    if (text_starts(body, "401: Unauthorized"))
        return true;
    for (size_t i = 0; i < sizeof front_texts / sizeof *front_texts; i++)
        if (contact_front_says(answer, front_texts[i]))
            return true;
    return false;
}

bool explain_is_skewed(const struct contact *contact, const struct verify_case *what)
{
    int64_t window_s = what->server != NULL ? what->server->time_window_s : DEFAULT_TIME_WINDOW_S;

    return !what->server_time && contact_has_clock(contact) &&
           llabs(contact_skew_s(contact)) > window_s;
}

/*
 * Does something stand between us and Pritunl? Only where its own certificate was met is the answer
 * a sure no.
 */
static bool has_proxy(const struct contact *contact, const struct verify_case *what)
{
    static const char *const proxies[] = {"nginx",   "openresty", "apache",  "haproxy",
                                          "envoy",   "caddy",     "traefik", "cloudflare",
                                          "varnish", "squid",     "awselb",  "istio"};

    if (contact_trust(contact) == TLS_TRUST_DATABASE)
        return false;
    if (what->server != NULL && what->server->reverse_proxy)
        return true;
    for (size_t i = 0; i < sizeof proxies / sizeof *proxies; i++)
        if (strncasecmp(contact_server(contact), proxies[i], strlen(proxies[i])) == 0)
            return true;
    return false;
}

static enum cause say(struct verify_result *result, enum cause cause, const char *detail)
{
    snprintf(result->detail, sizeof result->detail, "%s", detail);
    return cause;
}

static bool is_duplicate(const struct verify_case *what, struct verify_result *result)
{
    struct error ignored;
    char *other = NULL;

    if (what->db == NULL || what->admin == NULL || what->admin->token == NULL ||
        !token_is_earlier(what->db, what->admin, &other, &ignored))
        return false;
    snprintf(result->detail, sizeof result->detail, "the token is also that of %s, who comes first",
             other);
    mem_free(other);
    return true;
}

static enum cause skewed(const struct contact *contact, struct verify_result *result)
{
    snprintf(result->detail, sizeof result->detail, "the server's clock is %lld s %s this host's",
             llabs(contact_skew_s(contact)), contact_skew_s(contact) > 0 ? "ahead of" : "behind");
    return CAUSE_CLOCK_SKEW;
}

enum cause explain_before_secret(const struct contact *contact, const struct verify_case *what,
                                 struct verify_result *result)
{
    if (is_duplicate(what, result))
        return CAUSE_TOKEN_DUPLICATE;
    return explain_is_skewed(contact, what) ? skewed(contact, result) : CAUSE_NONE;
}

/*
 * The server found token and secret, and took the signature for wrong, the nonce for old or the
 * administrator for disabled.
 */
static enum cause behind_the_signature(struct contact *contact, const struct verify_case *what,
                                       const struct probe *refused, struct verify_result *result)
{
    const char *base_path = contact_parts(contact)->path;
    bool disabled = what->admin != NULL && what->admin->disabled;
    bool seen = false;
    bool asked = false;
    struct error ignored;

    if (what->db != NULL && !(what->server != NULL && what->server->secondary))
        asked = token_nonce_is_seen(what->db, what->access->token, refused->nonce, &seen, &ignored);
    if (disabled && (seen || !asked))
        return say(result, CAUSE_ADMINISTRATOR_DISABLED, "");
    if (seen)
        return say(result, CAUSE_NONCE_REPLAYED,
                   "the server stored the nonce, and refused it when it came again");
    if (*base_path != '\0') {
        char *signed_path = text_format("%s/status", base_path);
        const struct probe_form form = {
            .path = "/status", .signed_path = signed_path, .server_time = true};
        struct probe probe = {0};
        bool accepted = probe_send(contact, what->access, &form, &probe) == CAUSE_NONE &&
                        probe.answer.status != 401; /* whatever is behind that path */

        probe_free(&probe);
        mem_free(signed_path);
        if (accepted)
            return say(result, CAUSE_PATH_REWRITTEN,
                       "the URL's own path reaches Pritunl: the proxy must take it off");
    }
    if (has_proxy(contact, what) && what->admin != NULL)
        return say(result, CAUSE_PATH_REWRITTEN, "or the server has another secret for this token");
    return say(result, CAUSE_SECRET_MISMATCH,
               asked ? "or a proxy changes the path"
                     : "or a proxy changes the path or repeats the request");
}

/* The server did not find the token: it does not know it, or was not told. */
static enum cause without_a_token(const struct contact *contact, const struct verify_case *what,
                                  struct verify_result *result)
{
    if (has_proxy(contact, what))
        return say(
            result, CAUSE_HEADERS_STRIPPED,
            "or the server does not know the token: another database or prefix behind the URL");
    return say(result, CAUSE_TOKEN_UNKNOWN,
               what->admin != NULL
                   ? "another database or prefix behind the URL, or a proxy drops the Auth headers"
                   : "renewed meanwhile, API access off, or a proxy drops the Auth headers");
}

void explain_refusal(struct contact *contact, const struct verify_case *what,
                     const struct probe *refused, struct verify_result *result)
{
    const struct probe_form form = {.path = "/status", .server_time = true, .bad_signature = true};
    enum cause flag = what->admin != NULL ? what->admin->flag_fault : CAUSE_NONE;
    const char *body = buf_text(&refused->answer.body);
    struct probe probe = {0};
    bool found = false;

    if (contact_front_says(&refused->answer, "Missing token")) {
        result->cause = say(result, flag != CAUSE_NONE ? flag : CAUSE_WEB_STRICT,
                            flag != CAUSE_NONE ? admin_detail(what->admin, flag) : "");
        return;
    }
    if (!text_starts(body, "401: Unauthorized")) {
        result->cause = say(result, CAUSE_HEADERS_STRIPPED,
                            "a proxy adds a console cookie, which the front judges first");
        return;
    }
    if (flag == CAUSE_API_DISABLED) {
        result->cause = say(result, flag, admin_detail(what->admin, flag));
        return;
    }
    if (is_duplicate(what, result)) {
        result->cause = CAUSE_TOKEN_DUPLICATE;
        return;
    }
    found = probe_send(contact, what->access, &form, &probe) == CAUSE_NONE &&
            probe.answer.status == 500;
    /* By the server's clock it finds the token, or we cannot tell: then ours is to blame. */
    if (explain_is_skewed(contact, what) &&
        (found || probe.answer.status != 401 || what->admin == NULL))
        result->cause = skewed(contact, result);
    else if (found)
        result->cause = behind_the_signature(contact, what, refused, result);
    else
        result->cause = without_a_token(contact, what, result);
    probe_free(&probe);
}
