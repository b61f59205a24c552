/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "child.h"
#include "http_case.h"
#include "io/http_multi.h"
#include "io/tls.h"

Suite *http_multi_suite(void);

#define SLOTS 3
#define PATIENCE_MS 5000

static struct http_multi *multi;
static struct http_answer answers[SLOTS];

static void set_up_multi(void)
{
    set_up();
    for (size_t i = 0; i < SLOTS; i++)
        answers[i] = (struct http_answer)HTTP_ANSWER_EMPTY(1000);
}

static void tear_down_multi(void)
{
    http_multi_free(multi);
    multi = NULL;
    for (size_t i = 0; i < SLOTS; i++)
        http_answer_free(&answers[i]);
    tear_down();
}

static void start(size_t slot, const char *path)
{
    const struct http_request request = {.method = "GET", .path = path};

    http_multi_start(multi, slot, &request, &answers[slot]);
}

static size_t ended(void)
{
    size_t slot = SLOTS;

    ck_assert(http_multi_wait(multi, PATIENCE_MS, &slot));
    ck_assert_uint_lt(slot, SLOTS);
    return slot;
}

static void answered(size_t slot)
{
    ck_assert_int_eq((int)answers[slot].failure, HTTP_FAILURE_NONE);
    ck_assert_int_eq((int)answers[slot].status, 200);
    ck_assert_str_eq(buf_text(&answers[slot].body), "OK");
}

/* One connection for each, since the others are busy; every slot ends once. */
START_TEST(test_side_by_side)
{
    static const struct peer_step steps[] = {{.answers = {PEER_OK}}};
    struct peer *peer = peer_start(steps, 1);
    unsigned seen = 0;
    size_t slot = 0;

    connect_peer(peer, "http");
    multi = http_multi_new(http, SLOTS);
    ck_assert(!http_multi_wait(multi, PATIENCE_MS, &slot)); /* nothing is under way */
    for (size_t i = 0; i < SLOTS; i++)
        start(i, "/x");
    for (size_t i = 0; i < SLOTS; i++) {
        slot = ended();
        answered(slot);
        seen |= 1U << slot;
    }
    ck_assert_uint_eq(seen, (1U << SLOTS) - 1);
    ck_assert_uint_eq(peer_connections(peer), SLOTS);
    ck_assert(!http_multi_wait(multi, PATIENCE_MS, &slot));
    peer_stop(peer);
}
END_TEST

START_TEST(test_connections_are_kept_for_all_slots)
{
    static const struct peer_step steps[] = {{.answers = {PEER_OK, PEER_OK, PEER_OK, PEER_OK}}};
    static const size_t order[] = {0, 2, 1, 0};
    struct peer *peer = peer_start(steps, 1);

    connect_peer(peer, "http");
    multi = http_multi_new(http, SLOTS);
    for (size_t i = 0; i < 4; i++) {
        start(order[i], "/x");
        ck_assert_uint_eq(ended(), order[i]);
        answered(order[i]);
        ck_assert_int_eq(answers[order[i]].reused, i > 0);
    }
    ck_assert_uint_eq(peer_connections(peer), 1);
    peer_stop(peer);
}
END_TEST

START_TEST(test_cut)
{
    /* The second is where curl would have sent it again. */
    static const struct peer_step steps[] = {{.answers = {PEER_OK, PEER_CUT}},
                                             {.answers = {PEER_OK}},
                                             {.answers = {PEER_CUT}},
                                             {.answers = {PEER_OK}}};
    struct peer *peer = peer_start(steps, 4);

    connect_peer(peer, "http");
    multi = http_multi_new(http, SLOTS);
    start(1, "/1");
    answered(ended());
    for (unsigned i = 0; i < 2; i++) { /* the kept connection first, then a fresh one */
        start(1, "/2");
        ck_assert_uint_eq(ended(), 1);
        ck_assert_int_eq((int)answers[1].failure, HTTP_FAILURE_UNREACHABLE);
        ck_assert(answers[1].sent);
        ck_assert_int_eq(answers[1].reused, i == 0);
        ck_assert_uint_eq(peer_requests(peer), 2 + i); /* it went out once */
    }
    start(1, "/3");
    answered(ended());
    peer_stop(peer);
}
END_TEST

START_TEST(test_what_cannot_be_sent)
{
    static const struct peer_step steps[] = {{.answers = {PEER_OK}}};
    struct peer *peer = peer_start(steps, 1);

    connect_peer(peer, "http");
    multi = http_multi_new(http, SLOTS);
    start(0, "no slash");
    ck_assert_uint_eq(ended(), 0);
    ck_assert_int_eq((int)answers[0].failure, HTTP_FAILURE_PROTOCOL);
    ck_assert(!answers[0].sent);
    ck_assert_uint_eq(peer_connections(peer), 0);
    start(0, "/x");
    answered(ended());
    peer_stop(peer);
}
END_TEST

START_TEST(test_silence)
{
    static const struct peer_step steps[] = {{.answers = {PEER_SILENT}}};
    struct peer *peer = peer_start(steps, 1);
    size_t slot = SLOTS;

    options.timeout_ms = 200;
    connect_peer(peer, "http");
    multi = http_multi_new(http, SLOTS);
    start(2, "/x");
    ck_assert(!http_multi_wait(multi, 0, &slot));
    ck_assert_uint_eq(ended(), 2);
    ck_assert_int_eq((int)answers[2].failure, HTTP_FAILURE_TIMEOUT);
    start(2, "/x");
    http_multi_free(multi); /* what is under way is dropped */
    multi = NULL;
    peer_stop(peer);
}
END_TEST

/* One judge for all: a connection that shows another certificate carries nothing. */
START_TEST(test_each_connection_is_judged)
{
    struct company company;
    enum tls_trust trust = TLS_TRUST_UNKNOWN;
    enum tls_fault fault = TLS_FAULT_NONE;
    unsigned good = 0;

    folder_enter();
    company_make(&company);
    identity_write(&company.root, "root.pem");

    const struct peer_step steps[] = {{.identity = &company.server, .answers = {PEER_OK}},
                                      {.identity = &company.server, .answers = {PEER_OK}},
                                      {.identity = &company.foreign, .answers = {PEER_OK}}};
    struct peer *peer = peer_start(steps, 3);

    connect_peer(peer, "https");
    ck_assert(tls_judge_decide(judge, &(struct tls_policy){.ca_cert = "root.pem"}, &trust, &fault));
    ck_assert_msg(get("/first"), "%s", answer.detail);
    multi = http_multi_new(http, SLOTS);
    start(0, "/second");
    start(1, "/third");
    for (unsigned i = 0; i < 2; i++) {
        size_t slot = ended();

        good += answers[slot].failure == HTTP_FAILURE_NONE;
        if (answers[slot].failure != HTTP_FAILURE_NONE) {
            ck_assert_int_eq((int)answers[slot].failure, HTTP_FAILURE_TLS);
            ck_assert(!answers[slot].sent);
        }
    }
    ck_assert_uint_eq(good, 1);
    ck_assert_uint_eq(peer_requests(peer), 2);
    peer_stop(peer);
    company_free(&company);
    folder_leave();
}
END_TEST

Suite *http_multi_suite(void)
{
    Suite *suite = suite_create("http_multi");
    TCase *tests = tcase_create("multi");

    tcase_add_checked_fixture(tests, set_up_multi, tear_down_multi);
    tcase_add_test(tests, test_side_by_side);
    tcase_add_test(tests, test_connections_are_kept_for_all_slots);
    tcase_add_test(tests, test_cut);
    tcase_add_test(tests, test_what_cannot_be_sent);
    tcase_add_test(tests, test_silence);
    tcase_add_test(tests, test_each_connection_is_judged);
    suite_add_tcase(suite, tests);
    return suite;
}
