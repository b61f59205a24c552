/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "child.h"
#include "http_case.h"
#include "io/tls.h"

Suite *http_tls_suite(void);

static struct company company;

static void set_up_tls(void)
{
    set_up();
    folder_enter();
    company_make(&company);
    identity_write(&company.root, "root.pem");
    setenv("SSL_CERT_FILE", "/nonexistent", 1);
    setenv("SSL_CERT_DIR", "/nonexistent", 1);
}

static void tear_down_tls(void)
{
    company_free(&company);
    folder_leave();
    tear_down();
}

static const struct tls_policy nothing = {0};
static const struct tls_policy root_only = {.ca_cert = "root.pem"};
static const struct tls_policy pinned = {.pin = FIXED_PIN};

static bool decides(const struct tls_policy *policy, enum tls_trust trust, enum tls_fault fault)
{
    enum tls_trust got_trust = TLS_TRUST_NONE;
    enum tls_fault got_fault = TLS_FAULT_NONE;

    bool trusted = tls_judge_decide(judge, policy, &got_trust, &got_fault);
    ck_assert_int_eq((int)got_trust, (int)trust);
    ck_assert_int_eq((int)got_fault, (int)fault);
    return trusted;
}

static void received_is(struct peer *peer, const char *part, bool there)
{
    char *received = peer_received(peer);

    ck_assert_msg((strstr(received, part) != NULL) == there, "%s in: %s", part, received);
    free(received);
}

/* Observe with /ping, decide, then sign: over the connection that is already there. */
START_TEST(test_observe_decide)
{
    const struct peer_step steps[] = {
        {.identity = &company.nameless, .answers = {PEER_OK, PEER_OK, PEER_OK}}};
    struct peer *peer = peer_start(steps, 1);
    char *pem = identity_pem(&company.nameless);

    connect_peer(peer, "https");
    ck_assert_msg(get("/ping"), "%s", answer.detail);
    ck_assert(!answer.reused);
    ck_assert(
        decides(&(struct tls_policy){.certificate = pem}, TLS_TRUST_DATABASE, TLS_FAULT_NONE));
    ck_assert_msg(get("/signed"), "%s", answer.detail);
    ck_assert(answer.reused);
    ck_assert(tls_judge_expired(judge));
    ck_assert_uint_eq(peer_connections(peer), 1);
    peer_stop(peer);
    free(pem);
}
END_TEST

/* Decided against: the connection that stands is not used any more, and no later one either. */
START_TEST(test_observe_refuse)
{
    const struct peer_step steps[] = {{.identity = &company.server, .answers = {PEER_OK, PEER_OK}}};
    struct peer *peer = peer_start(steps, 1);

    connect_peer(peer, "https");
    ck_assert(get("/ping"));
    ck_assert(!decides(&nothing, TLS_TRUST_UNKNOWN, TLS_FAULT_UNTRUSTED));
    for (int i = 0; i < 3; i++) {
        ck_assert(!get("/signed"));
        failed(HTTP_FAILURE_TLS, "nobody vouches for the server's certificate");
    }
    peer_wait(peer, 2);
    ck_assert_uint_eq(peer_requests(peer), 1);
    received_is(peer, "/signed", false);
    peer_stop(peer);
}
END_TEST

/* Another certificate on a later connection: refused before a byte of the request, good as its authority may be. */
START_TEST(test_changed)
{
    const struct peer_step steps[] = {
        {.identity = &company.server, .answers = {PEER_OK}},
        {.identity = &company.behind, .answers = {PEER_OK, PEER_OK}},
        {.identity = &company.server, .answers = {PEER_OK, PEER_OK}},
    };
    struct peer *peer = peer_start(steps, 3);

    connect_peer(peer, "https");
    ck_assert(get("/ping"));
    ck_assert(decides(&root_only, TLS_TRUST_CA_CERT, TLS_FAULT_NONE));
    peer_wait(peer, 1);
    ck_assert(!get("/signed"));
    failed(HTTP_FAILURE_TLS, "the server shows another certificate than before");
    ck_assert(tls_judge_changed(judge));
    peer_wait(peer, 2);
    received_is(peer, "/signed", false);
    ck_assert_msg(get("/signed"), "%s", answer.detail);
    ck_assert_int_eq((int)tls_judge_trust(judge), TLS_TRUST_CA_CERT);
    received_is(peer, "/signed", true);
    peer_stop(peer);
}
END_TEST

/* The same in the moment when curl connects again by itself. */
START_TEST(test_changed_on_retry)
{
    const struct peer_step steps[] = {
        {.identity = &company.server, .answers = {PEER_OK, PEER_CUT}},
        {.identity = &company.behind, .answers = {PEER_OK, PEER_OK}},
    };
    struct peer *peer = peer_start(steps, 2);

    connect_peer(peer, "https");
    ck_assert(get("/ping"));
    ck_assert(decides(&root_only, TLS_TRUST_CA_CERT, TLS_FAULT_NONE));
    ck_assert(!get("/signed"));
    failed(HTTP_FAILURE_TLS, "the server shows another certificate than before");
    ck_assert_uint_eq(peer_requests(peer), 2);
    peer_stop(peer);
}
END_TEST

struct judged {
    size_t identity; /* offset in company */
    const struct tls_policy *policy;
    enum tls_trust trust;
    const char *detail; /* NULL: it goes through */
};

#define WHO(member) offsetof(struct company, member)

static const struct judged rows[] = {
    {WHO(server), &root_only, TLS_TRUST_CA_CERT, NULL},
    {WHO(behind), &root_only, TLS_TRUST_CA_CERT, NULL},
    {WHO(nameless), &pinned, TLS_TRUST_PIN, NULL},
    {WHO(server), &pinned, TLS_TRUST_UNKNOWN, "nobody vouches for the server's certificate"},
    {WHO(pritunl), &root_only, TLS_TRUST_UNKNOWN, "nobody vouches for the server's certificate"},
    {WHO(elsewhere), &root_only, TLS_TRUST_UNKNOWN, "the server's certificate is for another name"},
    {WHO(past), &root_only, TLS_TRUST_UNKNOWN, "the server's certificate is out of date"},
    {WHO(server), &nothing, TLS_TRUST_UNKNOWN, "nobody vouches for the server's certificate"},
};

/* Decided before anything was met: judged in the handshake, under 127.0.0.1. */
START_TEST(test_enforce)
{
    const struct judged *row = &rows[_i];
    const struct identity *identity = (const void *)((const char *)&company + row->identity);
    const struct peer_step steps[] = {{.identity = identity, .answers = {PEER_OK, PEER_OK}}};
    struct peer *peer = peer_start(steps, 1);

    connect_peer(peer, "https");
    ck_assert(decides(row->policy, TLS_TRUST_UNKNOWN, TLS_FAULT_NONE));
    ck_assert_int_eq(get("/signed"), row->detail == NULL);
    if (row->detail != NULL)
        failed(HTTP_FAILURE_TLS, row->detail);
    ck_assert_int_eq((int)tls_judge_trust(judge), (int)row->trust);
    received_is(peer, "/signed", row->detail == NULL);
    peer_stop(peer);
}
END_TEST

START_TEST(test_plain_port)
{
    static const struct peer_step steps[] = {
        {.answers = {"HTTP/1.1 400 Bad Request\r\n\r\nClient sent garbage"}, .eager = true},
        {.answers = {"<html>"}, .eager = true},
    };
    struct peer *peer = peer_start(steps, 2);

    connect_peer(peer, "https");
    for (int i = 0; i < 2; i++) {
        ck_assert(!get("/"));
        failed(HTTP_FAILURE_PLAIN, "the port answers without TLS");
    }
    peer_stop(peer);
}
END_TEST

START_TEST(test_no_handshake)
{
    static const struct peer_step steps[] = {
        {.answers = {PEER_CUT}, .eager = true},
        {.answers = {PEER_ALERT}, .eager = true},
        {.answers = {PEER_SILENT}, .eager = true},
    };
    struct peer *peer = peer_start(steps, 3);

    options.connect_timeout_ms = 250;
    connect_peer(peer, "https");
    ck_assert(!get("/"));
    failed(HTTP_FAILURE_UNREACHABLE, "the connection was closed in the TLS handshake");
    ck_assert(!get("/"));
    failed(HTTP_FAILURE_HANDSHAKE, "TLS handshake failed: tlsv1 alert protocol version");
    ck_assert(!get("/"));
    failed(HTTP_FAILURE_TIMEOUT, "no connection within 0.25 s");
    ck_assert_int_eq((int)tls_judge_fault(judge), TLS_FAULT_NONE);
    char *subject = tls_judge_subject(judge);
    ck_assert_str_eq(subject, "");
    mem_free(subject);
    peer_stop(peer);
}
END_TEST

START_TEST(test_stale_and_cut)
{
    const struct peer_step steps[] = {
        {.identity = &company.server, .answers = {PEER_OK}},
        {.identity = &company.server, .answers = {PEER_OK, PEER_CUT}},
        {.identity = &company.server, .answers = {PEER_OK}},
    };
    struct peer *peer = peer_start(steps, 3);

    connect_peer(peer, "https");
    ck_assert(get("/1"));
    peer_wait(peer, 1);
    ck_assert_msg(get("/2"), "%s", answer.detail);
    ck_assert(!answer.reused);
    ck_assert(!get("/3"));
    failed(HTTP_FAILURE_UNREACHABLE, "the kept connection was closed under the request");
    ck_assert(answer.reused);
    ck_assert(get("/4"));
    ck_assert_uint_eq(peer_requests(peer), 4);
    peer_stop(peer);
}
END_TEST

/* The judge sees the server behind the proxy; the proxy sees no header of ours. */
START_TEST(test_tunnel)
{
    static const char *const headers[] = {"Auth-Token: x-SECRET"};
    const struct peer_step steps[] = {
        {.identity = &company.server, .answers = {PEER_OK, PEER_OK}, .tunnel = true},
        {.answers = {"HTTP/1.1 407 Who?\r\nContent-Length: 0\r\n\r\n"}},
    };
    const struct http_request request = {
        .method = "GET", .path = "/x", .headers = headers, .header_count = 1};
    struct peer *peer = peer_start(steps, 2);
    char *proxy = peer_url(peer, "http");

    setenv("https_proxy", proxy, 1);
    connect_to("https://api.test:4443");
    ck_assert_str_eq(http_proxy(http), proxy);
    ck_assert(decides(&root_only, TLS_TRUST_UNKNOWN, TLS_FAULT_NONE));
    ck_assert_msg(http_perform(http, &request, &answer), "%s", answer.detail);
    ck_assert_int_eq((int)tls_judge_trust(judge), TLS_TRUST_CA_CERT);
    ck_assert_int_eq(answer.date_s, -1);
    char *received = peer_received(peer);
    const char *end = strstr(received, "\r\n\r\n");
    ck_assert_int_eq(strncmp(received, "CONNECT api.test:4443 HTTP/1.1\r\n", 32), 0);
    ck_assert_ptr_eq(strstr(received, "SECRET") < end ? received : NULL, NULL);
    free(received);
    connect_to("https://api.test:4443");
    ck_assert(!get("/"));
    char *refused = NULL;
    ck_assert_int_gt(
        asprintf(&refused, "the proxy %s (https_proxy) answered 407: it wants a login", proxy), 0);
    failed(HTTP_FAILURE_PROXY, refused);
    free(refused);
    peer_stop(peer);
    free(proxy);
}
END_TEST

Suite *http_tls_suite(void)
{
    Suite *suite = suite_create("http_tls");
    TCase *tls = tcase_create("tls");

    tcase_add_checked_fixture(tls, set_up_tls, tear_down_tls);
    tcase_add_test(tls, test_observe_decide);
    tcase_add_test(tls, test_observe_refuse);
    tcase_add_test(tls, test_changed);
    tcase_add_test(tls, test_changed_on_retry);
    tcase_add_loop_test(tls, test_enforce, 0, (int)(sizeof(rows) / sizeof(*rows)));
    tcase_add_test(tls, test_plain_port);
    tcase_add_test(tls, test_no_handshake);
    tcase_add_test(tls, test_stale_and_cut);
    tcase_add_test(tls, test_tunnel);
    suite_add_tcase(suite, tls);
    return suite;
}
