/* SPDX-License-Identifier: MIT */
#include "api/explain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/call.h"
#include "base/mem.h"
#include "base/text.h"
#include "pritunl/token.h"

#define DEFAULT_TIME_WINDOW_S 43200
#define STATUS_PATH "/status"
#define ANSWER_MAX ((size_t)64 * 1024)

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

static enum cause name_cause(struct verify_result *result, enum cause cause, const char *detail)
{
    snprintf(result->detail, sizeof result->detail, "%s", detail);
    return cause;
}

static bool finds_duplicate(const struct verify_case *what, struct verify_result *result)
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
    if (finds_duplicate(what, result))
        return CAUSE_TOKEN_DUPLICATE;
    return explain_is_skewed(contact, what) ? skewed(contact, result) : CAUSE_NONE;
}

/* What a second question brought. Only Pritunl's own answer is one: silence is neither yes nor no. */
enum probed {
    PROBED_NOTHING, /* no answer, or somebody else's */
    PROBED_UNKNOWN, /* its 401: it found no token, or another signature */
    PROBED_FOUND,   /* its 500 for a signature that is not ASCII: token and secret are there */
    PROBED_ACCEPTED /* anything behind the check of the signature */
};

/* A signed request by the server's clock. */
static enum probed probe(struct contact *contact, const struct verify_case *what,
                         enum call_flaw flaw, const char *signed_path)
{
    const struct request_path path = {.target = (char *)STATUS_PATH,
                                      .decoded = (char *)signed_path};
    const struct call call = {.method = "GET", .path = &path, .server_time = true, .flaw = flaw};
    struct http_answer answer = HTTP_ANSWER_EMPTY(ANSWER_MAX);
    enum probed probed = PROBED_NOTHING;

    if (call_once(contact, what->access, &call, NULL, &answer) == CAUSE_NONE) {
        if (answer.status == 401 && text_starts(buf_text(&answer.body), "401: Unauthorized"))
            probed = PROBED_UNKNOWN;
        else if (answer.status == 500)
            probed = PROBED_FOUND;
        else if (answer.status == 200 || answer.status == 400 || answer.status == 404)
            probed = PROBED_ACCEPTED;
    }
    http_answer_free(&answer);
    return probed;
}

/*
 * The server found token and secret, and took the signature for wrong, the nonce for old or the
 * administrator for disabled.
 */
static enum cause behind_the_signature(struct contact *contact, const struct verify_case *what,
                                       const struct refusal *refused, struct verify_result *result)
{
    const char *base_path = contact_parts(contact)->path;
    bool disabled = what->admin != NULL && what->admin->disabled;
    bool seen = false;
    bool asked = false;
    struct error ignored;

    if (what->db != NULL && !(what->server != NULL && what->server->secondary))
        asked = token_nonce_is_seen(what->db, what->access->token, refused->nonce, &seen, &ignored);
    if (disabled && (seen || !asked))
        return name_cause(result, CAUSE_ADMINISTRATOR_DISABLED, "");
    if (seen)
        return name_cause(result, CAUSE_NONCE_REPLAYED,
                          "the server stored the nonce, and refused it when it came again");
    if (*base_path != '\0') {
        char *decoded = text_format("%s" STATUS_PATH, base_path);
        /* whatever is behind that path */
        enum probed probed = probe(contact, what, CALL_SOUND, decoded);
        bool accepted = probed == PROBED_ACCEPTED || probed == PROBED_FOUND;

        mem_free(decoded);
        if (accepted)
            return name_cause(result, CAUSE_PATH_REWRITTEN,
                              "the URL's own path reaches Pritunl: the proxy must take it off");
    }
    if (has_proxy(contact, what) && what->admin != NULL)
        return name_cause(result, CAUSE_PATH_REWRITTEN,
                          "or the server has another secret for this token");
    return name_cause(result, CAUSE_SECRET_MISMATCH,
                      asked ? "or a proxy changes the path"
                            : "or a proxy changes the path or repeats the request");
}

/* The server did not find the token: it does not know it, or was not told. */
static enum cause without_a_token(const struct contact *contact, const struct verify_case *what,
                                  struct verify_result *result)
{
    if (has_proxy(contact, what))
        return name_cause(
            result, CAUSE_HEADERS_STRIPPED,
            "or the server does not know the token: another database or prefix behind the URL");
    return name_cause(
        result, CAUSE_TOKEN_UNKNOWN,
        what->admin != NULL
            ? "another database or prefix behind the URL, or a proxy drops the Auth headers"
            : "renewed meanwhile, API access off, or a proxy drops the Auth headers");
}

void explain_refusal(struct contact *contact, const struct verify_case *what,
                     const struct refusal *refused, struct verify_result *result)
{
    enum cause flag = what->admin != NULL ? what->admin->flag_fault : CAUSE_NONE;
    const char *body = buf_text(&refused->answer->body);
    enum probed probed = PROBED_NOTHING;

    if (contact_front_says(refused->answer, "Missing token")) {
        result->cause = name_cause(result, flag != CAUSE_NONE ? flag : CAUSE_WEB_STRICT,
                                   flag != CAUSE_NONE ? admin_detail(what->admin, flag) : "");
        return;
    }
    if (!text_starts(body, "401: Unauthorized")) {
        result->cause = name_cause(result, CAUSE_HEADERS_STRIPPED,
                                   "a proxy adds a console cookie, which the front judges first");
        return;
    }
    if (flag == CAUSE_API_DISABLED) {
        result->cause = name_cause(result, flag, admin_detail(what->admin, flag));
        return;
    }
    if (finds_duplicate(what, result)) {
        result->cause = CAUSE_TOKEN_DUPLICATE;
        return;
    }
    probed = probe(contact, what, CALL_ODD_SIGNATURE, STATUS_PATH);
    /* By the server's clock it finds the token, or we cannot tell: then ours is to blame. */
    if (explain_is_skewed(contact, what) && (probed != PROBED_UNKNOWN || what->admin == NULL))
        result->cause = skewed(contact, result);
    else if (probed == PROBED_FOUND)
        result->cause = behind_the_signature(contact, what, refused, result);
    else if (probed == PROBED_UNKNOWN)
        result->cause = without_a_token(contact, what, result);
    else
        result->cause = name_cause(
            result, CAUSE_UNEXPLAINED,
            "the question that tells them apart was not answered by Pritunl: token-unknown, "
            "secret-mismatch, path-rewritten and headers-stripped look alike without it");
}
