/* SPDX-License-Identifier: MIT */
/*
 * http_case.h - what the tests of http share: one connection, one answer.
 */
#ifndef UNIT_HTTP_CASE_H
#define UNIT_HTTP_CASE_H

#include <check.h>
#include <stdbool.h>
#include <stdlib.h>

#include "io/http.h"
#include "peer.h"

/* No label has more than 63 letters: the resolver refuses it without asking anybody. */
#define NOWHERE "a123456789b123456789c123456789d123456789e123456789f123456789g123456789.invalid"

static struct http_url url;
static struct tls_judge *judge;
static struct http *http;
static struct http_answer answer;
static struct http_options options;

static inline void set_up(void)
{
    static const char *const proxies[] = {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy",
                                          "ALL_PROXY"};
    struct error error = {0};

    for (size_t i = 0; i < sizeof(proxies) / sizeof(*proxies); i++)
        unsetenv(proxies[i]);
    ck_assert_msg(http_begin(&error), "%s", error.text);
    options = (struct http_options){.connect_timeout_ms = 2000, .timeout_ms = 5000};
    answer = (struct http_answer)HTTP_ANSWER_EMPTY(1000);
}

static inline void tear_down(void)
{
    http_answer_free(&answer);
    http_free(http);
    tls_judge_free(judge);
    http_url_free(&url);
    http = NULL;
    judge = NULL;
}

static inline void connect_to(const char *text)
{
    struct error error = {0};

    http_free(http);
    tls_judge_free(judge);
    http_url_free(&url);
    ck_assert_msg(http_url_parse(text, &url, &error), "%s", error.text);
    judge = url.tls ? tls_judge_new(url.host) : NULL;
    http = http_new(&url, &options, judge);
}

static inline void connect_peer(const struct peer *peer, const char *scheme)
{
    char *text = peer_url(peer, scheme);

    connect_to(text);
    free(text);
}

static inline bool get(const char *path)
{
    const struct http_request request = {.method = "GET", .path = path};

    return http_perform(http, &request, &answer);
}

static inline void failed(enum http_failure failure, const char *detail)
{
    ck_assert_int_eq((int)answer.failure, (int)failure);
    ck_assert_str_eq(answer.detail, detail);
    ck_assert_int_eq((int)answer.status, 0);
    ck_assert_str_eq(answer.content_type, "");
    ck_assert_uint_eq(answer.body.length, 0);
}

#endif
