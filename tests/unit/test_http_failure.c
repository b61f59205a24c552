/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "http_case.h"

Suite *http_failure_suite(void);

#define X50 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

START_TEST(test_too_large)
{
    char *lines = mem_zero(200000, 1);
    char *at = stpcpy(lines, "HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < 700; i++)
        at = stpcpy(at, "X-Filler: " X50 X50 "\r\n");
    stpcpy(at, "\r\n");
    const struct peer_step steps[] = {
        {.answers = {"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" X50 X50 X50 X50 X50 X50 X50
                         X50 X50 X50 X50 X50 X50 X50 X50 X50 X50 X50 X50 X50,
                     "HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n"}},
        {.answers = {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" X50 X50 X50 X50
                         X50 X50 X50 X50 X50 X50 X50 X50 X50 X50 X50 X50 X50 X50 X50 X50 "x"}},
        {.answers = {lines}},
        {.answers = {PEER_OK}},
    };
    struct peer *peer = peer_start(steps, 4);

    connect_peer(peer, "http");
    ck_assert(get("/"));
    ck_assert_uint_eq(answer.body.length, 1000);
    for (int i = 0; i < 3; i++) {
        ck_assert(!get("/"));
        failed(HTTP_FAILURE_TOO_LARGE, i < 2 ? "the answer is larger than 1000 bytes"
                                             : "the answer's headers are too large");
        ck_assert_uint_le(answer.body.length, 1000);
    }
    ck_assert(get("/"));
    ck_assert_uint_eq(answer.body.max, 1000);
    peer_stop(peer);
    mem_free(lines);
}
END_TEST

START_TEST(test_unreachable)
{
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    char text[64] = "";

    /* Bound but not listening: nobody else can take the port. */
    ck_assert_int_ge(listener, 0);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, size), 0);
    ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    snprintf(text, sizeof(text), "http://127.0.0.1:%u", ntohs(address.sin_port));
    connect_to(text);
    ck_assert(!get("/"));
    failed(HTTP_FAILURE_UNREACHABLE, "connection refused");
    close(listener);
    connect_to("http://255.255.255.255"); /* no connection can be made to everybody */
    ck_assert(!get("/"));
    failed(HTTP_FAILURE_UNREACHABLE, "network unreachable");
    connect_to("http://" NOWHERE);
    ck_assert(!get("/"));
    failed(HTTP_FAILURE_DNS, "the name has no address");
}
END_TEST

START_TEST(test_cut)
{
    static const struct peer_step steps[] = {
        {.answers = {PEER_CUT}},
        {.answers = {"HTTP/1.1 200 OK\r\nContent-Len"}},
        {.answers =
             {"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 10\r\n\r\nabc"}},
        {.answers = {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc"}},
    };
    struct peer *peer = peer_start(steps, 4);

    connect_peer(peer, "http");
    for (int i = 0; i < 4; i++) {
        ck_assert_msg(!get("/"), "%d", i);
        failed(HTTP_FAILURE_UNREACHABLE,
               i < 2 ? "the connection was closed before the answer was complete"
                     : "the answer was cut off before its end");
        ck_assert(!answer.reused);
    }
    ck_assert_uint_eq(peer_requests(peer), 4);
    peer_stop(peer);
}
END_TEST

START_TEST(test_not_http)
{
    static const struct peer_step steps[] = {
        {.answers = {"SSH-2.0-OpenSSH_9.2\r\n"}, .eager = true},
        {.answers = {PEER_ALERT}, .eager = true},
        {.answers = {"HTTP/1.1 two hundred\r\n\r\n"}},
        {.answers = {"HTTP/9.9 200 OK\r\n\r\n"}},
    };
    struct peer *peer = peer_start(steps, 4);

    connect_peer(peer, "http");
    for (int i = 0; i < 4; i++) {
        ck_assert_msg(!get("/"), "%d", i);
        failed(HTTP_FAILURE_PROTOCOL, "what came is not HTTP");
    }
    peer_stop(peer);
}
END_TEST

START_TEST(test_timeouts)
{
    static const struct peer_step steps[] = {
        {.answers = {PEER_SILENT}},
    };
    struct peer *peer = peer_start(steps, 1);

    options.timeout_ms = 250;
    connect_peer(peer, "http");
    int64_t begin = clock_monotonic_ms();
    ck_assert(!get("/"));
    failed(HTTP_FAILURE_TIMEOUT, "no answer within 0.25 s");
    ck_assert_int_ge(clock_monotonic_ms() - begin, 240); /* curl's milliseconds begin elsewhere */
    peer_stop(peer);
    /* A queue of connections that nobody accepts: the kernel answers no further SYN. */
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    char text[64] = "";
    ck_assert_int_ge(listener, 0);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, size), 0);
    ck_assert_int_eq(listen(listener, 0), 0);
    ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    for (int i = 0; i < 4; i++) {
        int filler = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        ck_assert_int_ge(filler, 0);
        (void)!connect(filler, (struct sockaddr *)&address, size);
    }
    options.timeout_ms = 5000;
    options.connect_timeout_ms = 300;
    snprintf(text, sizeof(text), "http://127.0.0.1:%u", ntohs(address.sin_port));
    connect_to(text);
    ck_assert(!get("/"));
    failed(HTTP_FAILURE_TIMEOUT, "no connection within 0.3 s");
}
END_TEST

Suite *http_failure_suite(void)
{
    Suite *suite = suite_create("http_failure");
    TCase *plain = tcase_create("plain");

    tcase_add_checked_fixture(plain, set_up, tear_down);
    tcase_add_test(plain, test_too_large);
    tcase_add_test(plain, test_unreachable);
    tcase_add_test(plain, test_cut);
    tcase_add_test(plain, test_not_http);
    tcase_add_test(plain, test_timeouts);
    suite_add_tcase(suite, plain);
    return suite;
}
