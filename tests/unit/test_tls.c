/* SPDX-License-Identifier: MIT */
#include "io/tls.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "base/mem.h"
#include "child.h"
#include "pki.h"

Suite *tls_suite(void);

static struct company company;
static struct tls_judge *judge;

static void set_up(void)
{
    folder_enter();
    company_make(&company);
    identity_write(&company.root, "root.pem");
    identity_write(&company.stranger, "stranger.pem");
    setenv("SSL_CERT_FILE", "stranger.pem", 1);
    setenv("SSL_CERT_DIR", "/nonexistent", 1);
    judge = tls_judge_new("api.test");
}

static void tear_down(void)
{
    tls_judge_free(judge);
    company_free(&company);
    folder_leave();
}

/* A TLS handshake without a network; does the client go through with it? */
static bool meets(struct tls_judge *who, const struct identity *identity)
{
    BIO *ours = NULL;
    BIO *theirs = NULL;
    int done = 0;

    SSL_CTX *client_context = SSL_CTX_new(TLS_client_method());
    SSL_CTX *server_context = identity_server(identity);
    ck_assert(tls_judge_attach(who, client_context));
    ck_assert(!tls_judge_admits(who));
    SSL *client = SSL_new(client_context);
    SSL *server = SSL_new(server_context);
    ck_assert_int_eq(BIO_new_bio_pair(&ours, 0, &theirs, 0), 1);
    SSL_set_bio(client, ours, ours);
    SSL_set_bio(server, theirs, theirs);
    ERR_clear_error();
    for (int turn = 0; turn < 10 && done != 1; turn++) {
        done = SSL_connect(client);
        if (done != 1 && SSL_get_error(client, done) == SSL_ERROR_SSL)
            break;
        SSL_accept(server);
    }
    if (done == 1) {
        ck_assert_int_eq((int)SSL_get_verify_result(client), X509_V_OK);
        ck_assert_int_eq((int)ERR_peek_error(), 0);
    }
    ERR_clear_error();
    SSL_free(client);
    SSL_free(server);
    SSL_CTX_free(client_context);
    SSL_CTX_free(server_context);
    ck_assert_int_eq(tls_judge_admits(who), done == 1);
    return done == 1;
}

static bool decides(const struct tls_policy *policy, enum tls_trust trust, enum tls_fault fault)
{
    enum tls_trust got_trust = TLS_TRUST_NONE;
    enum tls_fault got_fault = TLS_FAULT_NONE;

    bool trusted = tls_judge_decide(judge, policy, &got_trust, &got_fault);
    ck_assert_int_eq((int)got_trust, (int)trust);
    ck_assert_int_eq((int)got_fault, (int)fault);
    ck_assert_int_eq((int)tls_judge_trust(judge), (int)trust);
    ck_assert_int_eq((int)tls_judge_fault(judge), (int)fault);
    ck_assert_int_eq((int)ERR_peek_error(), 0);
    return trusted;
}

/* Observed first and decided after, then the other way round with a new judge: both must come to the same. */
static void judged(const struct identity *identity, const struct tls_policy *policy,
                   enum tls_trust trust, enum tls_fault fault)
{
    bool good = trust != TLS_TRUST_UNKNOWN;

    tls_judge_free(judge);
    judge = tls_judge_new("api.test");
    ck_assert(meets(judge, identity));
    ck_assert_int_eq((int)tls_judge_trust(judge), TLS_TRUST_UNKNOWN);
    ck_assert_int_eq(decides(policy, trust, fault), good);
    ck_assert_int_eq(tls_judge_admits(judge), good);
    ck_assert_int_eq(meets(judge, identity), good);
    tls_judge_free(judge);
    judge = tls_judge_new("api.test");
    ck_assert(decides(policy, TLS_TRUST_UNKNOWN, TLS_FAULT_NONE));
    ck_assert_int_eq(meets(judge, identity), good);
    ck_assert_int_eq((int)tls_judge_trust(judge), (int)trust);
    ck_assert_int_eq((int)tls_judge_fault(judge), (int)fault);
    ck_assert(!tls_judge_changed(judge));
}

static const struct tls_policy nothing = {0};
static const struct tls_policy root_only = {.ca_cert = "root.pem"};

START_TEST(test_untrusted)
{
    judged(&company.server, &nothing, TLS_TRUST_UNKNOWN, TLS_FAULT_UNTRUSTED);
    judged(&company.pritunl, &nothing, TLS_TRUST_UNKNOWN, TLS_FAULT_UNTRUSTED);
    judged(&company.nameless, &nothing, TLS_TRUST_UNKNOWN, TLS_FAULT_UNTRUSTED);
}
END_TEST

START_TEST(test_database)
{
    char *nameless = identity_pem(&company.nameless);
    char *pritunl = identity_pem(&company.pritunl);
    char *both = mem_alloc(strlen(nameless) + strlen(pritunl) + 1);
    struct tls_policy policy = {.certificate = nameless};

    judged(&company.nameless, &policy, TLS_TRUST_DATABASE, TLS_FAULT_NONE);
    ck_assert(tls_judge_expired(judge));
    ck_assert(!tls_judge_is_public(judge));
    judged(&company.pritunl, &policy, TLS_TRUST_UNKNOWN, TLS_FAULT_UNTRUSTED);
    ck_assert(!tls_judge_expired(judge));
    /* Only the first of a chain is the server's. */
    stpcpy(stpcpy(both, nameless), pritunl);
    policy.certificate = both;
    judged(&company.nameless, &policy, TLS_TRUST_DATABASE, TLS_FAULT_NONE);
    judged(&company.pritunl, &policy, TLS_TRUST_UNKNOWN, TLS_FAULT_UNTRUSTED);
    /* An authority's certificate does not vouch for what it signed. */
    char *root = identity_pem(&company.root);
    policy.certificate = root;
    judged(&company.server, &policy, TLS_TRUST_UNKNOWN, TLS_FAULT_UNTRUSTED);
    policy.certificate = "not a certificate";
    judged(&company.pritunl, &policy, TLS_TRUST_UNKNOWN, TLS_FAULT_UNTRUSTED);
    free(root);
    free(nameless);
    free(pritunl);
    mem_free(both);
}
END_TEST

START_TEST(test_authorities)
{
    const struct tls_policy *policy = &root_only;

    judged(&company.server, policy, TLS_TRUST_CA_CERT, TLS_FAULT_NONE);
    judged(&company.behind, policy, TLS_TRUST_CA_CERT, TLS_FAULT_NONE);
    judged(&company.past, policy, TLS_TRUST_UNKNOWN, TLS_FAULT_EXPIRED);
    ck_assert(tls_judge_expired(judge));
    judged(&company.future, policy, TLS_TRUST_UNKNOWN, TLS_FAULT_EXPIRED);
    ck_assert(tls_judge_expired(judge));
    judged(&company.elsewhere, policy, TLS_TRUST_UNKNOWN, TLS_FAULT_NAME);
    judged(&company.past_elsewhere, policy, TLS_TRUST_UNKNOWN, TLS_FAULT_NAME);
    judged(&company.client, policy, TLS_TRUST_UNKNOWN, TLS_FAULT_UNTRUSTED);
    /* The system trusts this one (set_up); the given file alone counts. */
    judged(&company.foreign, policy, TLS_TRUST_UNKNOWN, TLS_FAULT_UNTRUSTED);
    judged(&company.nameless, policy, TLS_TRUST_UNKNOWN, TLS_FAULT_UNTRUSTED);
    const struct tls_policy absent = {.ca_cert = "nowhere.pem"};
    judged(&company.server, &absent, TLS_TRUST_UNKNOWN, TLS_FAULT_UNTRUSTED);
}
END_TEST

START_TEST(test_system)
{
    char *pem = identity_pem(&company.foreign);
    struct tls_policy policy = {.certificate = pem};
    char link[64] = "";

    judged(&company.foreign, &nothing, TLS_TRUST_SYSTEM, TLS_FAULT_NONE);
    judged(&company.server, &nothing, TLS_TRUST_UNKNOWN, TLS_FAULT_UNTRUSTED);
    /* Exactly the database's certificate: the stronger statement. */
    judged(&company.foreign, &policy, TLS_TRUST_DATABASE, TLS_FAULT_NONE);
    ck_assert(tls_judge_is_public(judge));
    judged(&company.server, &root_only, TLS_TRUST_CA_CERT, TLS_FAULT_NONE);
    ck_assert(!tls_judge_is_public(judge));
    judged(&company.foreign, &(struct tls_policy){.certificate = ""}, TLS_TRUST_SYSTEM,
           TLS_FAULT_NONE);
    free(pem);
    /* A directory of links named by hash. */
    unsetenv("SSL_CERT_FILE");
    judged(&company.foreign, &nothing, TLS_TRUST_UNKNOWN, TLS_FAULT_UNTRUSTED);
    setenv("SSL_CERT_DIR", ".", 1);
    judged(&company.foreign, &nothing, TLS_TRUST_UNKNOWN, TLS_FAULT_UNTRUSTED);
    int ok = 0;
    unsigned long hash =
        X509_NAME_hash_ex(X509_get_subject_name(company.stranger.certificate), NULL, NULL, &ok);
    ck_assert_int_eq(ok, 1);
    snprintf(link, sizeof(link), "%08lx.0", hash);
    ck_assert_int_eq(symlink("stranger.pem", link), 0);
    judged(&company.foreign, &nothing, TLS_TRUST_SYSTEM, TLS_FAULT_NONE);
}
END_TEST

#define OTHER_PIN "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

START_TEST(test_pin)
{
    judged(&company.nameless, &(struct tls_policy){.pin = FIXED_PIN}, TLS_TRUST_PIN,
           TLS_FAULT_NONE);
    judged(&company.nameless, &(struct tls_policy){.pin = OTHER_PIN ";" FIXED_PIN}, TLS_TRUST_PIN,
           TLS_FAULT_NONE);
    judged(&company.nameless, &(struct tls_policy){.pin = OTHER_PIN}, TLS_TRUST_UNKNOWN,
           TLS_FAULT_UNTRUSTED);
    /* An authority that vouches is not enough where a pin was given. */
    judged(&company.foreign, &(struct tls_policy){.pin = FIXED_PIN}, TLS_TRUST_UNKNOWN,
           TLS_FAULT_UNTRUSTED);
    judged(&company.foreign, &(struct tls_policy){.pin = ""}, TLS_TRUST_UNKNOWN,
           TLS_FAULT_UNTRUSTED);
}
END_TEST

static void subject_is(const char *begin, const char *end)
{
    char *subject = tls_judge_subject(judge);
    size_t length = strlen(subject);

    ck_assert_msg(strncmp(subject, begin, strlen(begin)) == 0 && length >= strlen(end) &&
                      strcmp(subject + length - strlen(end), end) == 0,
                  "%s", subject);
    mem_free(subject);
}

START_TEST(test_subject)
{
    subject_is("", "");
    ck_assert(!tls_judge_expired(judge));
    ck_assert(meets(judge, &company.nameless));
    subject_is("no name, self-signed, until 20", ", " FIXED_PIN);
    ck_assert(tls_judge_expired(judge));
    ck_assert(meets(judge, &company.server));
    subject_is("api.test, *.wild.test, 127.0.0.1, ::1, issued by Company Root, until 20", "=");
    ck_assert(!tls_judge_expired(judge));
    /* What was refused can be looked at too. */
    ck_assert(!decides(&nothing, TLS_TRUST_UNKNOWN, TLS_FAULT_UNTRUSTED));
    ck_assert(!meets(judge, &company.nameless));
    subject_is("no name", FIXED_PIN);
}
END_TEST

START_TEST(test_insecure)
{
    const struct tls_policy policy = {.insecure = true};

    judged(&company.nameless, &policy, TLS_TRUST_INSECURE, TLS_FAULT_NONE);
    /* Whoever answered first is the one. */
    ck_assert(!meets(judge, &company.server));
    ck_assert(tls_judge_changed(judge));
    ck_assert(meets(judge, &company.nameless));
}
END_TEST

START_TEST(test_changed)
{
    ck_assert(meets(judge, &company.server));
    /* Still observing: another one is no matter. */
    ck_assert(meets(judge, &company.pritunl));
    ck_assert(meets(judge, &company.server));
    ck_assert(decides(&root_only, TLS_TRUST_CA_CERT, TLS_FAULT_NONE));
    /* The authority vouches for this one just as well; it is another all the same. */
    ck_assert(!meets(judge, &company.behind));
    ck_assert(tls_judge_changed(judge));
    ck_assert_int_eq((int)tls_judge_trust(judge), TLS_TRUST_UNKNOWN);
    ck_assert(
        !decides(&(struct tls_policy){.insecure = true}, TLS_TRUST_UNKNOWN, TLS_FAULT_UNTRUSTED));
    ck_assert(!tls_judge_admits(judge));
    ck_assert(decides(&root_only, TLS_TRUST_UNKNOWN, TLS_FAULT_UNTRUSTED) == false);
    ck_assert(meets(judge, &company.server));
    ck_assert(!tls_judge_changed(judge));
    ck_assert_int_eq((int)tls_judge_trust(judge), TLS_TRUST_CA_CERT);
}
END_TEST

/* A refusal is no fixation: another policy, or another certificate, may still be right. */
START_TEST(test_second_thought)
{
    char *pem = identity_pem(&company.pritunl);
    const struct tls_policy listed = {.certificate = pem};

    ck_assert(meets(judge, &company.pritunl));
    ck_assert(!decides(&nothing, TLS_TRUST_UNKNOWN, TLS_FAULT_UNTRUSTED));
    ck_assert(!meets(judge, &company.server));
    ck_assert(!meets(judge, &company.pritunl));
    ck_assert(decides(&listed, TLS_TRUST_DATABASE, TLS_FAULT_NONE));
    ck_assert(meets(judge, &company.pritunl));
    ck_assert(!decides(&root_only, TLS_TRUST_UNKNOWN, TLS_FAULT_UNTRUSTED));
    ck_assert(meets(judge, &company.server));
    free(pem);
}
END_TEST

struct named {
    const char *host;
    bool good;
};

static const struct named named[] = {
    {"api.test", true},        {"API.Test", true},    {"api.test.", true},
    {"a.wild.test", true},     {"127.0.0.1", true},   {"::1", true},
    {"0:0:0:0:0:0:0:1", true}, {"::1%lo", true},      {"api.tes", false},
    {"xapi.test", false},      {"a.api.test", false}, {"wild.test", false},
    {"a.b.wild.test", false},  {".api.test", false},  {".test", false},
    {"127.0.0.2", false},      {"::2", false},        {"2130706433", false},
    {"a server", false},       {"", false},
};

START_TEST(test_names)
{
    enum tls_trust trust = TLS_TRUST_UNKNOWN;
    enum tls_fault fault = TLS_FAULT_NONE;

    tls_judge_free(judge);
    judge = tls_judge_new(named[_i].host);
    ck_assert(tls_judge_decide(judge, &root_only, &trust, &fault));
    ck_assert_int_eq(meets(judge, &company.server), named[_i].good);
    ck_assert_int_eq((int)tls_judge_fault(judge), named[_i].good ? TLS_FAULT_NONE : TLS_FAULT_NAME);
}
END_TEST

Suite *tls_suite(void)
{
    Suite *suite = suite_create("tls");
    TCase *handshakes = tcase_create("judge");

    tcase_add_checked_fixture(handshakes, set_up, tear_down);
    tcase_add_test(handshakes, test_untrusted);
    tcase_add_test(handshakes, test_database);
    tcase_add_test(handshakes, test_authorities);
    tcase_add_test(handshakes, test_system);
    tcase_add_test(handshakes, test_pin);
    tcase_add_test(handshakes, test_subject);
    tcase_add_test(handshakes, test_insecure);
    tcase_add_test(handshakes, test_changed);
    tcase_add_test(handshakes, test_second_thought);
    tcase_add_loop_test(handshakes, test_names, 0, (int)(sizeof(named) / sizeof(*named)));
    suite_add_tcase(suite, handshakes);
    return suite;
}
