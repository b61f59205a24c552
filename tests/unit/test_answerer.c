/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <string.h>

#include "api/answerer.h"
#include "base/mem.h"
#include "io/http_head.h"

Suite *answerer_suite(void);

/* One answer; type and location are headers too, as io/http.c takes them out of these. */
struct row {
    long status;
    const char *head;
    const char *type;
    const char *location;
    const char *body;
    bool ping;
    enum cause cause;
    enum answer_origin origin;
    const char *name;   /* whom it shows; NULL: nobody */
    const char *detail; /* a part of it; NULL: it is empty */
};

static const struct row rows[] = {
    {200, "", "text/plain", "", "OK", true, CAUSE_NONE, ORIGIN_OTHER, NULL, NULL},
    {200, "", "application/json", "", "{}", true, CAUSE_NOT_PRITUNL, ORIGIN_OTHER, NULL,
     "status 200"},
    {200, "", "application/json", "", "{}", false, CAUSE_NONE, ORIGIN_OTHER, NULL, NULL},
    {401, "", "text/html", "", "401: Unauthorized", false, CAUSE_NONE, ORIGIN_API, NULL, NULL},
    {401, "Server: nginx\r\n", "text/html", "", "401: Unauthorized\n", false, CAUSE_NONE,
     ORIGIN_API, "nginx", NULL},
    {401, "Age: 1\r\n", "text/html", "", "401: Unauthorized", false, CAUSE_PROXY_ANSWER, ORIGIN_API,
     NULL, "out of a cache"},
    {401, "Age: 0\r\n", "text/html", "", "401: Unauthorized", false, CAUSE_NONE, ORIGIN_API, NULL,
     NULL},
    {401, "WWW-Authenticate: Basic\r\n", "text/html", "", "401: Unauthorized", false,
     CAUSE_PROXY_ANSWER, ORIGIN_OTHER, NULL, "a login"},
    {401, "", "text/plain", "", "401 Missing token", false, CAUSE_NONE, ORIGIN_FRONT, NULL, NULL},
    {401, "", "text/plain", "", "401 Not initialized", false, CAUSE_WEB_NOT_READY, ORIGIN_FRONT,
     NULL, "status 401"},
    {401, "", "text/plain", "", "401 Missing token?", false, CAUSE_PROXY_ANSWER, ORIGIN_OTHER, NULL,
     "a login"},
    {401, "", "text/plain", "", "401: Unauthorized, says the proxy", false, CAUSE_PROXY_ANSWER,
     ORIGIN_OTHER, NULL, "a login"},
    {400, "", "application/json", "", "{\"error\": \"a\", \"error_msg\": \"b\"}", false, CAUSE_NONE,
     ORIGIN_API, NULL, NULL},
    {400, "", "application/json", "", "{\"message\": \"a\"}", false, CAUSE_NOT_PRITUNL,
     ORIGIN_OTHER, NULL, "status 400"},
    {404, "", "text/html", "", "404: Not Found", false, CAUSE_NONE, ORIGIN_API, NULL, NULL},
    {404, "", "text/plain", "", "404 page not found", false, CAUSE_NONE, ORIGIN_FRONT, NULL, NULL},
    {500, "", "text/html", "", "500: Internal Server Error", false, CAUSE_SERVER_ERROR, ORIGIN_API,
     NULL, "status 500"},
    {500, "Server: nginx\r\n", "text/html", "", "<html><title>500</title>", false,
     CAUSE_PROXY_ANSWER, ORIGIN_OTHER, "nginx", "nginx"},
    {502, "", "", "", "", false, CAUSE_WEB_NOT_READY, ORIGIN_FRONT, NULL, "no content type"},
    {302, "Location: https://a.test/x?secret\r\n", "", "https://a.test/x", "", false,
     CAUSE_REDIRECTED, ORIGIN_OTHER, NULL, "to https://a.test/x"},
    {304, "", "", "", "", false, CAUSE_PROXY_ANSWER, ORIGIN_OTHER, NULL, "cache"},
    {429, "Retry-After: 7\r\n", "text/plain", "", "slow", false, CAUSE_PROXY_ANSWER, ORIGIN_OTHER,
     NULL, "wait 7 s"},
    {407, "Proxy-Authenticate: Basic\r\n", "", "", "", false, CAUSE_PROXY_ANSWER, ORIGIN_OTHER,
     "a proxy", "a proxy"},
    {418, "", "", "", "", false, CAUSE_NOT_PRITUNL, ORIGIN_OTHER, NULL, "status 418"},
    {200, "cf-ray: 1\r\n", "text/html", "", "<!DOCTYPE html>", false, CAUSE_PROXY_ANSWER,
     ORIGIN_OTHER, "Cloudflare", "Cloudflare"},
};

static struct http_answer answer_of(const struct row *row)
{
    struct http_answer answer = HTTP_ANSWER_EMPTY(1000);

    answer.status = row->status;
    answer.content_type = mem_text(row->type);
    answer.location = mem_text(row->location);
    answer.server = mem_text("");
    buf_add_text(&answer.head, row->head);
    buf_add_text(&answer.body, row->body);
    return answer;
}

START_TEST(test_who)
{
    const struct row *row = &rows[_i];
    struct http_answer answer = answer_of(row);
    struct answerer answerer;

    answerer_tell(&answer, row->ping, &answerer);
    ck_assert_str_eq(cause_name(answerer.cause) != NULL ? cause_name(answerer.cause) : "none",
                     cause_name(row->cause) != NULL ? cause_name(row->cause) : "none");
    ck_assert_int_eq((int)answerer.origin, (int)row->origin);
    ck_assert_pstr_eq(answerer.name, row->name);
    if (row->detail == NULL)
        ck_assert_str_eq(answerer.detail, "");
    else
        ck_assert_msg(strstr(answerer.detail, row->detail) != NULL, "%s", answerer.detail);
    ck_assert_ptr_null(strstr(answerer.detail, "secret"));
    http_answer_free(&answer);
}
END_TEST

START_TEST(test_head)
{
    struct buf head = BUF_EMPTY(1000);

    ck_assert(!http_head_says(&head, "Age", ""));
    ck_assert_int_eq(http_head_number(&head, "Age"), -1);
    buf_add_text(
        &head, "HTTP/1.1 200 OK\r\nAge:  7 \r\nVia: 1.1 a\nVIA:1.1 Squid\r\nX-Age: 9\r\nAgent: x");
    ck_assert_int_eq(http_head_number(&head, "age"), 7);
    ck_assert_int_eq(http_head_number(&head, "Via"), -1);
    ck_assert(http_head_says(&head, "via", "squid"));
    ck_assert(http_head_says(&head, "Agent", "X"));
    ck_assert(!http_head_says(&head, "Via", "squids"));
    ck_assert(!http_head_says(&head, "Agen", ""));
    buf_free(&head);
}
END_TEST

Suite *answerer_suite(void)
{
    Suite *suite = suite_create("answerer");
    TCase *cases = tcase_create("answerer");

    tcase_add_loop_test(cases, test_who, 0, sizeof rows / sizeof *rows);
    tcase_add_test(cases, test_head);
    suite_add_tcase(suite, cases);
    return suite;
}
