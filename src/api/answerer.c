/* SPDX-License-Identifier: MIT */
#include "api/answerer.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "io/http_head.h"
#include "io/json.h"

#define FORM_MAX 80 /* bytes of "404: Not Found" and the like */

/*
 * Whom a header gives away, by their public documentation; the more telling ones first. "" is any
 * value.
 */
static const struct {
    const char *name;
    const char *header;
    const char *words;
} marks[] = {
    {"Cloudflare Access", "Location", "cloudflareaccess.com"},
    {"Cloudflare Access", "Cf-Access-Domain", ""},
    {"Cloudflare", "CF-RAY", ""},
    {"Cloudflare", "Server", "cloudflare"},
    {"Google's Identity-Aware Proxy", "X-Goog-IAP-Generated-Response", ""},
    {"oauth2-proxy", "Set-Cookie", "_oauth2_proxy"},
    {"oauth2-proxy", "Location", "/oauth2/"},
    {"Authelia", "Set-Cookie", "authelia_session"},
    {"AWS WAF", "x-amzn-waf-action", ""},
    {"CloudFront", "X-Amz-Cf-Id", ""},
    {"CloudFront", "Via", "CloudFront"},
    {"an AWS load balancer", "Server", "awselb"},
    {"an AWS load balancer's login", "Set-Cookie", "AWSELBAuthSessionCookie"},
    {"AWS API Gateway", "x-amzn-RequestId", ""},
    {"Akamai", "Server", "AkamaiGHost"},
    {"Akamai", "Server", "AkamaiNetStorage"},
    {"Akamai", "X-Akamai-Request-ID", ""},
    {"Fastly", "X-Served-By", "cache-"},
    {"Azure Front Door", "X-Azure-Ref", ""},
    {"Azure Application Gateway", "Server", "Microsoft-Azure-Application-Gateway"},
    {"Google's load balancer", "Via", "1.1 google"},
    {"Google's front end", "Server", "Google Frontend"},
    {"Zscaler", "Server", "Zscaler"},
    {"Zscaler", "Location", "gateway.zscaler"},
    {"Squid", "X-Squid-Error", ""},
    {"Squid", "Server", "squid"},
    {"Squid", "Via", "squid"},
    {"F5 BIG-IP", "Server", "BigIP"},
    {"F5 BIG-IP", "Server", "BIG-IP"},
    {"F5 BIG-IP", "Set-Cookie", "BIGipServer"},
    {"F5 BIG-IP's login", "Location", "/my.policy"},
    {"Imperva", "X-Iinfo", ""},
    {"Sucuri", "X-Sucuri-ID", ""},
    {"Kong", "Server", "kong"},
    {"Kong", "Via", "kong"},
    {"Kong", "X-Kong-Response-Latency", ""},
    {"Istio", "Server", "istio-envoy"},
    {"Envoy", "Server", "envoy"},
    {"Envoy", "x-envoy-upstream-service-time", ""},
    {"Caddy", "Server", "Caddy"},
    {"Caddy", "Via", "Caddy"},
    {"Traefik", "WWW-Authenticate", "realm=\"traefik\""},
    {"Traefik", "Server", "traefik"},
    {"HAProxy", "Server", "haproxy"},
    {"Varnish", "X-Varnish", ""},
    {"Varnish", "Server", "varnish"},
    {"OpenResty", "Server", "openresty"},
    {"nginx", "Server", "nginx"},
    {"Apache", "Server", "Apache"},
    {"IIS", "Server", "Microsoft-IIS"},
    {"LiteSpeed", "Server", "LiteSpeed"},
    {"a proxy", "Via", ""},
    {"a proxy", "Proxy-Authenticate", ""},
};

/* Whom a page or a line gives away where no header does. */
static const struct {
    const char *name;
    const char *words;
} words_of[] = {
    {"HAProxy", "No server is available to handle this request"},
    {"HAProxy", "The server didn't respond in time."},
    {"HAProxy", "The server returned an invalid or incomplete response."},
    {"Envoy", "upstream connect error or disconnect/reset before headers"},
    {"Envoy", "no healthy upstream"},
    {"Envoy", "upstream request timeout"},
    {"Istio", "RBAC: access denied"},
    {"F5 BIG-IP", "The requested URL was rejected. Please consult with your administrator."},
    {"Google's load balancer", "The server encountered a temporary error and could not complete"},
    {"Zscaler", "zscaler"},
    {"a FortiGate", "FortiGuard"},
};

/* Whom the whole of a body does. */
static const struct {
    const char *name;
    const char *body;
} lines[] = {
    {"Traefik", "Bad Gateway"},
    {"Traefik", "Gateway Timeout"},
    {"Traefik", "Service Unavailable"},
};

/* What is in between by what it does, where it does not say who it is. */
static const struct {
    long first;
    long last;
    const char *name;
} statuses[] = {
    {407, 407, "a proxy that wants a login"}, {429, 429, "a rate limiter"},
    {511, 511, "a captive portal"},           {521, 530, "a network in front"},
    {403, 403, "a filter in between"},
};

static const char *const front_texts[] = {"Missing token", "Failed to decode token",
                                          "Token length invalid"};

static bool body_holds(const char *body, const char *words)
{
    size_t length = strlen(words);

    for (; *body != '\0'; body++)
        if (strncasecmp(body, words, length) == 0)
            return true;
    return false;
}

static const char *find_name(const struct http_answer *answer)
{
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (http_head_says(&answer->head, marks[i].header, marks[i].words))
            return marks[i].name;
    for (size_t i = 0; answer->status >= 400 && i < sizeof words_of / sizeof *words_of; i++)
        if (body_holds(buf_text(&answer->body), words_of[i].words))
            return words_of[i].name;
    for (size_t i = 0; answer->status >= 400 && i < sizeof lines / sizeof *lines; i++)
        if (text_equal(buf_text(&answer->body), lines[i].body))
            return lines[i].name;
    return NULL;
}

/* An Age of 0 is what caches put on an answer that they have just fetched. */
static bool is_cached(const struct http_answer *answer)
{
    static const struct {
        const char *header;
        const char *words;
    } hits[] = {
        {"CF-Cache-Status", "HIT"},
        {"CF-Cache-Status", "STALE"},
        {"CF-Cache-Status", "UPDATING"},
        {"CF-Cache-Status", "REVALIDATED"},
        {"X-Cache", "HIT"},
        {"X-Cache-Status", "HIT"},
        {"X-Proxy-Cache", "HIT"},
        {"X-Cache-Status", "STALE"},
        {"Cache-Status", "; hit"},
        {"Cache-Status", ";hit"},
        {"Akamai-Cache-Status", "Hit"},
        {"Cdn-Cache", "HIT"},
    };

    if (http_head_number(&answer->head, "Age") > 0 || answer->status == 304)
        return true;
    for (size_t i = 0; i < sizeof hits / sizeof *hits; i++)
        if (http_head_says(&answer->head, hits[i].header, hits[i].words))
            return true;
    return false;
}

static bool body_is_page(const struct http_answer *answer)
{
    const char *body = buf_text(&answer->body);

    while (*body == ' ' || *body == '\t' || *body == '\r' || *body == '\n')
        body++;
    return *body == '<' &&
           (strncasecmp(body, "<html", 5) == 0 || strncasecmp(body, "<!doctype", 9) == 0 ||
            text_starts(answer->content_type, "text/html"));
}

static size_t length_without_end(const struct http_answer *answer)
{
    const char *body = buf_text(&answer->body);
    size_t length = answer->body.length;

    while (length > 0 && (body[length - 1] == '\n' || body[length - 1] == '\r'))
        length--;
    return length;
}

static bool body_is_text(const struct http_answer *answer, const char *text)
{
    return length_without_end(answer) == strlen(text) &&
           memcmp(buf_text(&answer->body), text, strlen(text)) == 0;
}

bool answerer_front_says(const struct http_answer *answer, const char *words)
{
    char text[FORM_MAX];

    snprintf(text, sizeof text, "401 %s", words);
    return answer->status == 401 && body_is_text(answer, text);
}

/* "401: Unauthorized", "404: Not Found": how the API says every status that it gives. */
static bool is_api_form(const struct http_answer *answer)
{
    const char *body = buf_text(&answer->body);
    char start[32];

    if (answer->status == 401)
        return body_is_text(answer, "401: Unauthorized");
    snprintf(start, sizeof start, "%ld: ", answer->status);
    return text_starts(body, start) && length_without_end(answer) < FORM_MAX &&
           strpbrk(body, "<{") == NULL;
}

/* {"error": …, "error_msg": …} */
static bool is_api_error(const struct http_answer *answer)
{
    struct error ignored;
    struct json *json = NULL;
    bool is = false;

    if (answer->status < 400 || *buf_text(&answer->body) != '{')
        return false;
    json = json_parse(buf_text(&answer->body), answer->body.length, "answer", &ignored);
    is = json_text(json_get(json, "error"), NULL) != NULL &&
         json_text(json_get(json, "error_msg"), NULL) != NULL;
    json_free(json);
    return is;
}

/*
 * Besides the form above, a guess for versions whose 500 was not read: the page of the Python
 * libraries that Pritunl was built on. The servers and proxies in between write other pages.
 */
static bool is_failure(const struct http_answer *answer)
{
    const char *body = buf_text(&answer->body);

    return answer->status == 500 &&
           (is_api_form(answer) || answer->body.length == 0 ||
            strstr(body, "<title>500 Internal Server Error</title>\n<h1>") != NULL ||
            strstr(body, "unexpected condition which prevented it from fulfilling") != NULL);
}

static bool is_front_form(const struct http_answer *answer)
{
    for (size_t i = 0; i < sizeof front_texts / sizeof *front_texts; i++)
        if (answerer_front_says(answer, front_texts[i]))
            return true;
    if (answer->status == 404)
        return body_is_text(answer, "404 page not found");
    return answer->body.length == 0 &&
           (answer->status == 400 || answer->status == 502 || answer->status == 520);
}

static enum answer_origin origin_of(const struct http_answer *answer)
{
    if (http_head_says(&answer->head, "WWW-Authenticate", ""))
        return ORIGIN_OTHER;
    if (is_api_form(answer) || is_api_error(answer) || is_failure(answer))
        return ORIGIN_API;
    return is_front_form(answer) || answerer_front_says(answer, "Not initialized") ? ORIGIN_FRONT
                                                                                   : ORIGIN_OTHER;
}

static const char *name_by_status(const struct http_answer *answer)
{
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        if (answer->status >= statuses[i].first && answer->status <= statuses[i].last)
            return statuses[i].name;
    if (answer->status == 401)
        return "a login in between";
    return http_head_says(&answer->head, "Retry-After", "") ? "a proxy in between" : NULL;
}

/* What the unsigned /ping would show as well. */
static enum cause cause_of_way(const struct http_answer *answer, const struct answerer *answerer)
{
    long status = answer->status;

    if (status >= 300 && status < 400)
        return CAUSE_REDIRECTED;
    /* A challenge in place of the answer, by whatever status. */
    if (http_head_says(&answer->head, "x-amzn-waf-action", ""))
        return CAUSE_PROXY_ANSWER;
    if (answerer->origin == ORIGIN_API && status == 500)
        return CAUSE_SERVER_ERROR;
    if (body_is_page(answer))
        return CAUSE_PROXY_ANSWER;
    if (status == 502 || status == 504 || answerer_front_says(answer, "Not initialized"))
        return CAUSE_WEB_NOT_READY;
    return CAUSE_NONE;
}

static enum cause cause_of_answer(const struct http_answer *answer, bool is_ping,
                                  const struct answerer *answerer)
{
    long status = answer->status;
    enum cause way = CAUSE_NONE;

    if (answerer->cached && !is_ping)
        return CAUSE_PROXY_ANSWER;
    way = cause_of_way(answer, answerer);
    if (way != CAUSE_NONE)
        return way;
    if (answerer->origin != ORIGIN_OTHER && !is_ping)
        return CAUSE_NONE;
    if (status >= 400 && (answerer->name != NULL || name_by_status(answer) != NULL))
        return CAUSE_PROXY_ANSWER;
    if (status == 500)
        return CAUSE_SERVER_ERROR;
    if (is_ping)
        return status == 200 && text_starts(buf_text(&answer->body), "OK") ? CAUSE_NONE
                                                                           : CAUSE_NOT_PRITUNL;
    return status / 100 == 2 ? CAUSE_NONE : CAUSE_NOT_PRITUNL;
}

static void describe_answer(const struct http_answer *answer, struct answerer *answerer)
{
    const char *name = answerer->name;
    long wait_s = http_head_number(&answer->head, "Retry-After");
    int used = 0;

    if (strstr(buf_text(&answer->body), "HTTP request to an HTTPS server") != NULL) {
        snprintf(answerer->detail, sizeof answerer->detail, "this port speaks TLS: use https://");
        return;
    }
    if (name == NULL && answerer->cause == CAUSE_PROXY_ANSWER)
        name = name_by_status(answer);
    used = snprintf(answerer->detail, sizeof answerer->detail, "%s%sstatus %ld, %s%s%s",
                    name != NULL ? name : "", name != NULL ? ": " : "", answer->status,
                    *answer->location != '\0'       ? "to "
                    : *answer->content_type != '\0' ? ""
                                                    : "no content type",
                    *answer->location != '\0' ? answer->location : answer->content_type,
                    answerer->cached ? ", out of a cache, which proves nothing" : "");
    if (wait_s > 0 && used > 0 && (size_t)used < sizeof answerer->detail)
        snprintf(answerer->detail + used, sizeof answerer->detail - (size_t)used,
                 "; it asks to wait %ld s", wait_s);
}

void answerer_tell(const struct http_answer *answer, bool is_ping, struct answerer *answerer)
{
    *answerer = (struct answerer){
        .origin = origin_of(answer), .cached = is_cached(answer), .name = find_name(answer)};
    answerer->cause = cause_of_answer(answer, is_ping, answerer);
    if (answerer->cause != CAUSE_NONE)
        describe_answer(answer, answerer);
}

bool answerer_is_refusal(const struct http_answer *answer)
{
    return answer->status == 401 && origin_of(answer) != ORIGIN_OTHER &&
           !answerer_front_says(answer, "Not initialized") && !is_cached(answer);
}
