/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "http_case.h"

Suite *http_suite(void);

/* Bytes on the wire: nothing that nobody asked for. What libcurl can unpack depends on its build. */
#define ALWAYS "Host: 127.0.0.1:%u\r\nUser-Agent: pritunl-access\r\nAccept: */*\r\n"
#define FRESH "Cache-Control: no-cache, no-store\r\nPragma: no-cache\r\n"
#define GET_HEAD                                                                                   \
    "GET /base/a/../b?x=%%2F&y=1 HTTP/1.1\r\n" ALWAYS "Auth-Token: abc\r\nX-Empty:\r\n" FRESH "\r\n"
#define PUT_HEAD                                                                                   \
    "PUT /base/c HTTP/1.1\r\n" ALWAYS                                                              \
    "Auth-Token: abc\r\nX-Empty:\r\nContent-Type: application/json\r\n" FRESH
#define DELETE_HEAD "DELETE /base/d HTTP/1.1\r\n" ALWAYS FRESH "\r\n"
#define POST_HEAD "POST /base/e HTTP/1.1\r\n" ALWAYS FRESH "Content-Length: 0\r\n\r\n"

static void drop_encoding(char *text)
{
    char *line = NULL;

    while ((line = strstr(text, "Accept-Encoding: ")) != NULL) {
        char *next = strstr(line, "\r\n") + 2;

        memmove(line, next, strlen(next) + 1);
    }
}

START_TEST(test_request)
{
    static const struct peer_step steps[] = {{.answers = {PEER_OK, PEER_OK, PEER_OK, PEER_OK}}};
    static const char *const headers[] = {"Auth-Token: abc", "X-Empty;",
                                          "Content-Type: application/json"};
    static const struct http_request requests[] = {
        {.method = "GET", .path = "/a/../b?x=%2F&y=1", .headers = headers, .header_count = 2},
        {.method = "PUT",
         .path = "/c",
         .headers = headers,
         .header_count = 3,
         .body = "@x=\n",
         .body_length = 4},
        {.method = "DELETE", .path = "/d"},
        {.method = "POST", .path = "/e"},
    };
    struct peer *peer = peer_start(steps, 1);
    char *text = peer_url(peer, "http");
    char *base = NULL;
    char *expected = NULL;

    ck_assert_int_gt(asprintf(&base, "%s/base/", text), 0);
    unsigned port = peer_port(peer);
    ck_assert_int_gt(asprintf(&expected,
                              GET_HEAD PUT_HEAD
                              "Content-Length: 4\r\n\r\n@x=\n" DELETE_HEAD POST_HEAD,
                              port, port, port, port),
                     0);
    connect_to(base);
    for (size_t i = 0; i < 4; i++) {
        ck_assert_msg(http_perform(http, &requests[i], &answer), "%s", answer.detail);
        ck_assert_int_eq(answer.reused, i > 0);
    }
    char *received = peer_received(peer);
    drop_encoding(received);
    ck_assert_str_eq(received, expected);
    ck_assert_uint_eq(peer_connections(peer), 1);
    peer_stop(peer);
    free(received);
    free(expected);
    free(text);
    free(base);
}
END_TEST

START_TEST(test_head)
{
    static const struct peer_step steps[] = {
        {.answers = {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", PEER_OK}}};
    struct peer *peer = peer_start(steps, 1);

    connect_peer(peer, "http");
    ck_assert(http_perform(http, &(struct http_request){.method = "HEAD", .path = "/"}, &answer));
    ck_assert_uint_eq(answer.body.length, 0);
    ck_assert(get("/"));
    ck_assert(answer.reused);
    peer_stop(peer);
}
END_TEST

/* What could end the line early never reaches the network. */
START_TEST(test_unsendable)
{
    static const struct peer_step steps[] = {{.answers = {PEER_OK}}};
    static const char *const header[] = {"A: b\r\nC: d"};
    static const char *const good[] = {"A: \xc3\xa9\tb"};
    static const struct http_request bad[] = {
        {.method = "GET", .path = ""},
        {.method = "GET", .path = "x"},
        {.method = "GET", .path = "@evil.test/"},
        {.method = "GET", .path = "/a b"},
        {.method = "GET", .path = "/a\r\nX: y"},
        {.method = "GET", .path = "/a#b"},
        {.method = "GET", .path = "/\xc3\xa9"},
        {.method = "GET", .path = "/\x7f"},
        {.method = "", .path = "/"},
        {.method = "GET /x HTTP/1.1\r\nX:", .path = "/"},
        {.method = "GET", .path = "/", .headers = header, .header_count = 1},
    };
    struct peer *peer = peer_start(steps, 1);

    connect_peer(peer, "http");
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        ck_assert(!http_perform(http, &bad[i], &answer));
        failed(HTTP_FAILURE_PROTOCOL, "not a request that can be sent");
    }
    ck_assert_uint_eq(peer_connections(peer), 0);
    ck_assert(http_perform(
        http,
        &(struct http_request){.method = "GET", .path = "/", .headers = good, .header_count = 1},
        &answer));
    peer_stop(peer);
}
END_TEST

/* RFC 9110's own example of a date is 784111777 seconds after 1970. */
#define DATE "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
#define X50 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

START_TEST(test_answer)
{
    static const struct peer_step steps[] = {
        {.answers = {
             "HTTP/1.1 100 Continue\r\nServer: wrong\r\nDate: Thu, 01 Jan 1970 00:00:05 GMT\r\n\r\n"
             "HTTP/1.1 401 No\r\nSERVER:  nginx\x1b[31m \t\r\n" DATE
             "Date: Thu, 01 Jan 1970 00:00:05 GMT\r\ncontent-type: text/html\r\nContent-Type: second\r\nSet-Cookie: a=b\r\n"
             "WWW-Authenticate: Basic realm=x\r\nContent-Length: 3\r\n\r\nabc",
             "HTTP/1.1 302 Away\r\nLocation: http://u:x-SECRET@b.test/" X50 X50 X50 X50
             "\r\nDate: rubbish\r\n"
             "Transfer-Encoding: chunked\r\n\r\n3\r\nab\n\r\n2\r\nc\xff\r\n0\r\n\r\n",
             "HTTP/1.0 204 None\r\n\r\n"}}};
    struct peer *peer = peer_start(steps, 1);

    connect_peer(peer, "http");
    ck_assert(get("/"));
    ck_assert_int_eq((int)answer.failure, HTTP_FAILURE_NONE);
    ck_assert_int_eq((int)answer.status, 401);
    ck_assert_int_eq(answer.date_s, 784111777);
    ck_assert_str_eq(answer.server, "nginx?[31m");
    ck_assert_str_eq(answer.content_type, "text/html");
    ck_assert_str_eq(answer.location, "");
    ck_assert_str_eq(buf_text(&answer.body), "abc");
    ck_assert_str_eq(answer.detail, "");
    ck_assert(!answer.reused);
    ck_assert(get("/"));
    ck_assert_int_eq((int)answer.status, 302);
    ck_assert_int_eq(answer.date_s, -1);
    ck_assert_uint_eq(strlen(answer.location), 200);
    ck_assert_int_eq(strncmp(answer.location, "http://b.test/xxx", 17), 0);
    ck_assert_str_eq(answer.server, "");
    ck_assert_uint_eq(answer.body.length, 5);
    ck_assert_str_eq(buf_text(&answer.body), "ab\nc\xff");
    ck_assert(answer.reused);
    ck_assert(get("/"));
    ck_assert_int_eq((int)answer.status, 204);
    ck_assert_uint_eq(answer.body.length, 0);
    /* No redirect was followed, no cookie came back. */
    char *received = peer_received(peer);
    ck_assert_ptr_null(strcasestr(received, "cookie"));
    ck_assert_uint_eq(peer_requests(peer), 3);
    ck_assert_uint_eq(peer_connections(peer), 1);
    free(received);
    peer_stop(peer);
}
END_TEST

/* A kept connection that was closed before the request went out: a fresh one, and one request. */
START_TEST(test_stale)
{
    static const struct peer_step steps[] = {{.answers = {PEER_OK}}};
    struct peer *peer = peer_start(steps, 1);

    connect_peer(peer, "http");
    for (unsigned i = 1; i <= 3; i++) {
        ck_assert_msg(get("/"), "%s", answer.detail);
        ck_assert(!answer.reused);
        peer_wait(peer, i);
    }
    ck_assert_uint_eq(peer_requests(peer), 3);
    ck_assert_uint_eq(peer_connections(peer), 3);
    peer_stop(peer);
}
END_TEST

/* Closed after the server had read it: curl by itself would send it a second time. */
START_TEST(test_never_twice)
{
    static const struct peer_step steps[] = {{.answers = {PEER_OK, PEER_CUT}},
                                             {.answers = {PEER_OK, PEER_OK}}};
    const struct http_request request = {.method = _i == 0 ? "GET" : "PUT", .path = "/nonce"};
    struct peer *peer = peer_start(steps, 2);

    connect_peer(peer, "http");
    ck_assert(get("/"));
    ck_assert(!http_perform(http, &request, &answer));
    failed(HTTP_FAILURE_UNREACHABLE, "the kept connection was closed under the request");
    ck_assert(answer.reused);
    char *received = peer_received(peer);
    char *first = strstr(received, "/nonce");
    ck_assert_ptr_nonnull(first);
    ck_assert_ptr_null(strstr(first + 1, "/nonce"));
    free(received);
    ck_assert_uint_eq(peer_requests(peer), 2);
    ck_assert(get("/again"));
    peer_stop(peer);
}
END_TEST

START_TEST(test_through_proxy)
{
    static const struct peer_step steps[] = {{.answers = {PEER_OK}}};
    struct peer *peer = peer_start(steps, 1);
    char *address = peer_url(peer, "http");
    char *proxy = NULL;

    ck_assert_int_gt(asprintf(&proxy, "http://user:x-SECRET@%s", address + strlen("http://")), 0);
    setenv("http_proxy", proxy, 1);
    setenv("no_proxy", "b.test", 1);
    connect_to("http://a.test");
    ck_assert_str_eq(http_proxy(http), address);
    ck_assert(get("/x"));
    char *received = peer_received(peer);
    ck_assert_int_eq(strncmp(received, "GET http://a.test/x HTTP/1.1\r\n", 30), 0);
    free(received);
    setenv("http_proxy", "https://user:x-SECRET@127.0.0.1:1", 1);
    connect_to("http://a.test");
    ck_assert_str_eq(http_proxy(http), "https://127.0.0.1:1");
    ck_assert(!get("/x"));
    failed(
        HTTP_FAILURE_UNREACHABLE,
        "the variable http_proxy (https://127.0.0.1:1) is a proxy that is itself spoken to by TLS, "
        "which is not supported");
    setenv("http_proxy", "http://" NOWHERE ":1", 1);
    connect_to("http://a.test");
    ck_assert(!get("/x"));
    failed(HTTP_FAILURE_UNREACHABLE,
           "the proxy http://" NOWHERE ":1 (http_proxy) has a name without an address");
    free(proxy);
    free(address);
    peer_stop(peer);
}
END_TEST

Suite *http_suite(void)
{
    Suite *suite = suite_create("http");
    TCase *plain = tcase_create("plain");

    tcase_add_checked_fixture(plain, set_up, tear_down);
    tcase_add_test(plain, test_request);
    tcase_add_test(plain, test_head);
    tcase_add_test(plain, test_unsendable);
    tcase_add_test(plain, test_answer);
    tcase_add_test(plain, test_stale);
    tcase_add_loop_test(plain, test_never_twice, 0, 2);
    tcase_add_test(plain, test_through_proxy);
    suite_add_tcase(suite, plain);
    return suite;
}
