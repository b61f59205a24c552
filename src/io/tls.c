/* SPDX-License-Identifier: MIT */
#include "io/tls.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "io/authorities.h"
#include "io/crypto.h"
#include "io/tls_file.h"
#include "io/tls_text.h"

#define PIN_PREFIX "sha256//"
struct tls_judge {
    char *host;

    bool decided; /* there is a policy */
    bool insecure;
    char *pin;
    char *ca_cert;
    X509 *listed; /* the policy's certificate */

    /* What the last handshake met. */
    X509 *met;
    STACK_OF(X509) * chain;
    int level; /* OpenSSL's security level of that connection */
    bool admitted;
    bool changed;
    enum tls_trust trust;
    enum tls_fault fault;

    X509 *fixed; /* the leaf that was trusted */
};

/* The default of OpenSSL asks on the terminal for the password of an encrypted block. */
static int no_password(char *buffer, int size, int writing, void *context)
{
    (void)buffer;
    (void)size;
    (void)writing;
    (void)context;
    return -1;
}

static X509 *first_certificate(const char *pem)
{
    X509 *found = NULL;

    if (pem == NULL || strlen(pem) > BUF_MAX)
        return NULL;
    ERR_set_mark();
    BIO *bio = BIO_new_mem_buf(pem, (int)strlen(pem));
    if (bio != NULL)
        found = PEM_read_bio_X509(bio, NULL, no_password, NULL);
    BIO_free(bio);
    ERR_pop_to_mark();
    return found;
}

bool tls_certificate_valid(const char *pem)
{
    X509 *certificate = first_certificate(pem);
    bool valid = certificate != NULL;

    X509_free(certificate);
    return valid;
}

struct tls_judge *tls_judge_new(const char *host)
{
    struct tls_judge *judge = mem_zero(1, sizeof(*judge));

    /* Neither a zone nor the dot of a fully qualified name is part of what a certificate says. */
    judge->host = mem_copy(host, strcspn(host, "%"));
    size_t length = strlen(judge->host);
    if (length > 1 && judge->host[length - 1] == '.')
        judge->host[length - 1] = '\0';
    return judge;
}

static void forget_met(struct tls_judge *judge)
{
    X509_free(judge->met);
    judge->met = NULL;
    sk_X509_pop_free(judge->chain, X509_free);
    judge->chain = NULL;
    judge->admitted = false;
    judge->changed = false;
    judge->trust = TLS_TRUST_UNKNOWN;
    judge->fault = TLS_FAULT_NONE;
}

static void forget_policy(struct tls_judge *judge)
{
    mem_free(judge->pin);
    judge->pin = NULL;
    mem_free(judge->ca_cert);
    judge->ca_cert = NULL;
    X509_free(judge->listed);
    judge->listed = NULL;
}

void tls_judge_free(struct tls_judge *judge)
{
    if (judge == NULL)
        return;
    forget_met(judge);
    forget_policy(judge);
    X509_free(judge->fixed);
    mem_free(judge->host);
    mem_free(judge);
}

/* "sha256//…" of the certificate's public key, as curl writes it; "" where it cannot be had. */
static char *pin_of(X509 *certificate)
{
    uint8_t *der = NULL;
    uint8_t digest[CRYPTO_SHA256_SIZE] = {0};
    char *pin = NULL;

    int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
    if (length > 0 && crypto_sha256(der, (size_t)length, digest)) {
        char *encoded = crypto_base64(digest, sizeof(digest));
        pin = text_format(PIN_PREFIX "%s", encoded);
        mem_free(encoded);
    }
    OPENSSL_free(der);
    return pin != NULL ? pin : mem_text("");
}

/* A pin has a beginning and an end of its own, so that it cannot stand across two of the list. */
static bool pin_matches(X509 *certificate, const char *pins)
{
    char *own = pin_of(certificate);
    bool matches = own[0] != '\0' && strstr(pins, own) != NULL;

    mem_free(own);
    return matches;
}

static void load_system(X509_STORE *store)
{
    struct authorities system = authorities_find();

    if (system.file != NULL)
        X509_STORE_load_file(store, system.file);
    if (system.dir != NULL)
        X509_STORE_load_path(store, system.dir);
}

/* Dates are noted and passed over, so that what else is wrong is still found. */
static int note_dates(int ok, X509_STORE_CTX *context)
{
    bool *dates = X509_STORE_CTX_get_app_data(context);
    int error = X509_STORE_CTX_get_error(context);

    if (ok || (error != X509_V_ERR_CERT_HAS_EXPIRED && error != X509_V_ERR_CERT_NOT_YET_VALID))
        return ok;
    *dates = true;
    X509_STORE_CTX_set_error(context, X509_V_OK);
    return 1;
}

static bool host_matches(const struct tls_judge *judge, unsigned flags)
{
    /* A leading dot would ask OpenSSL for any name below. */
    return judge->host[0] != '.' && judge->host[0] != '\0' &&
           X509_check_host(judge->met, judge->host, 0, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | flags,
                           NULL) == 1;
}

static bool name_matches(const struct tls_judge *judge)
{
    struct in6_addr address;

    if (inet_pton(AF_INET, judge->host, &address) == 1 ||
        inet_pton(AF_INET6, judge->host, &address) == 1)
        return X509_check_ip_asc(judge->met, judge->host, 0) == 1;
    return host_matches(judge, 0);
}

/* By the authorities of that file; NULL: the system's. */
static enum tls_fault verify_chain(const struct tls_judge *judge, const char *ca_cert)
{
    bool dates = false;
    bool good = false;

    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    if (store == NULL || context == NULL)
        goto out;
    if (ca_cert == NULL)
        load_system(store);
    else if (X509_STORE_load_file(store, tls_file_path(ca_cert)) != 1)
        goto out;
    if (X509_STORE_CTX_init(context, store, judge->met, judge->chain) != 1 ||
        X509_STORE_CTX_set_default(context, "ssl_server") != 1)
        goto out;
    X509_VERIFY_PARAM_set_auth_level(X509_STORE_CTX_get0_param(context), judge->level);
    if (ca_cert != NULL)
        X509_STORE_CTX_set_flags(context, X509_V_FLAG_PARTIAL_CHAIN);
    X509_STORE_CTX_set_app_data(context, &dates);
    X509_STORE_CTX_set_verify_cb(context, note_dates);
    good = X509_verify_cert(context) == 1;
out:
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    if (!good)
        return TLS_FAULT_UNTRUSTED;
    if (!name_matches(judge))
        return TLS_FAULT_NAME;
    return dates ? TLS_FAULT_EXPIRED : TLS_FAULT_NONE;
}

/* The policy over what was met; sets trust and fault. */
static void judge_met(struct tls_judge *judge)
{
    judge->trust = TLS_TRUST_UNKNOWN;
    judge->fault = TLS_FAULT_NONE;
    if (judge->insecure) {
        judge->trust = TLS_TRUST_INSECURE;
    } else if (judge->pin != NULL) {
        if (pin_matches(judge->met, judge->pin))
            judge->trust = TLS_TRUST_PIN;
        else
            judge->fault = TLS_FAULT_UNTRUSTED;
    } else if (judge->listed != NULL && X509_cmp(judge->listed, judge->met) == 0) {
        judge->trust = TLS_TRUST_DATABASE;
    } else {
        judge->fault = verify_chain(judge, judge->ca_cert);
        if (judge->fault == TLS_FAULT_NONE)
            judge->trust = judge->ca_cert != NULL ? TLS_TRUST_CA_CERT : TLS_TRUST_SYSTEM;
    }
}

/* Judge what was met, and fix it if it is trusted. */
static void rule(struct tls_judge *judge)
{
    if (judge->fixed != NULL && X509_cmp(judge->fixed, judge->met) != 0) {
        judge->changed = true;
        judge->trust = TLS_TRUST_UNKNOWN;
        judge->fault = TLS_FAULT_UNTRUSTED;
        judge->admitted = false;
        return;
    }
    judge_met(judge);
    judge->admitted = judge->trust != TLS_TRUST_UNKNOWN;
    X509_free(judge->fixed);
    judge->fixed = judge->admitted && X509_up_ref(judge->met) ? judge->met : NULL;
}

bool tls_judge_decide(struct tls_judge *judge, const struct tls_policy *policy,
                      enum tls_trust *trust, enum tls_fault *fault)
{
    forget_policy(judge);
    judge->decided = true;
    judge->insecure = policy->insecure;
    judge->pin = mem_text(policy->pin);
    judge->ca_cert = mem_text(policy->ca_cert);
    judge->listed = first_certificate(policy->certificate);
    if (judge->met != NULL) {
        ERR_set_mark();
        rule(judge);
        ERR_pop_to_mark();
    }
    *trust = judge->trust;
    *fault = judge->fault;
    return judge->met == NULL || judge->admitted;
}

enum tls_trust tls_judge_trust(const struct tls_judge *judge)
{
    return judge->trust;
}

enum tls_fault tls_judge_fault(const struct tls_judge *judge)
{
    return judge->fault;
}

bool tls_judge_is_public(const struct tls_judge *judge)
{
    ERR_set_mark();
    /* The name first: the authorities may be a bundle, whose reading is a third of a whole run. */
    bool public =
        judge->met != NULL && name_matches(judge) && verify_chain(judge, NULL) == TLS_FAULT_NONE;
    ERR_pop_to_mark();
    return public;
}

bool tls_judge_by_common_name(const struct tls_judge *judge)
{
    ERR_set_mark();
    bool only = (judge->trust == TLS_TRUST_SYSTEM || judge->trust == TLS_TRUST_CA_CERT) &&
                host_matches(judge, 0) && !host_matches(judge, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    ERR_pop_to_mark();
    return only;
}

bool tls_judge_is_alone(const struct tls_judge *judge)
{
    return judge->fault == TLS_FAULT_UNTRUSTED && judge->pin == NULL && judge->met != NULL &&
           sk_X509_num(judge->chain) <= 1 && X509_self_signed(judge->met, 0) == 0;
}

char *tls_judge_pin(const struct tls_judge *judge)
{
    return judge->met != NULL ? pin_of(judge->met) : mem_text("");
}

bool tls_judge_is_nameless(const struct tls_judge *judge)
{
    return judge->met != NULL && X509_get_ext_by_NID(judge->met, NID_subject_alt_name, -1) < 0 &&
           X509_NAME_get_index_by_NID(X509_get_subject_name(judge->met), NID_commonName, -1) < 0;
}

bool tls_judge_changed(const struct tls_judge *judge)
{
    return judge->changed;
}

bool tls_judge_admits(const struct tls_judge *judge)
{
    return judge->admitted;
}

char *tls_judge_subject(const struct tls_judge *judge)
{
    uint8_t *der = NULL;
    char *subject = NULL;

    if (judge->met == NULL)
        return mem_text("");
    int length = i2d_X509(judge->met, &der);
    char *names = tls_describe(der, length > 0 ? (size_t)length : 0);
    char *pin = pin_of(judge->met);
    subject = text_format("%s, %s", names, pin);
    mem_free(pin);
    mem_free(names);
    OPENSSL_free(der);
    return subject;
}

bool tls_judge_expired(const struct tls_judge *judge)
{
    return judge->met != NULL && (X509_cmp_current_time(X509_get0_notAfter(judge->met)) < 0 ||
                                  X509_cmp_current_time(X509_get0_notBefore(judge->met)) > 0);
}

int64_t tls_judge_end_s(const struct tls_judge *judge)
{
    struct tm end = {0};

    if (judge->met == NULL || ASN1_TIME_to_tm(X509_get0_notAfter(judge->met), &end) != 1)
        return 0;
    return (int64_t)timegm(&end);
}

/* libssl asks here instead of verifying by itself. What it leaves in the context becomes the
 * connection's verify result, which curl reads too. */
static int meet(X509_STORE_CTX *context, void *argument)
{
    struct tls_judge *judge = argument;
    X509 *leaf = X509_STORE_CTX_get0_cert(context);
    SSL *ssl = X509_STORE_CTX_get_ex_data(context, SSL_get_ex_data_X509_STORE_CTX_idx());

    ERR_set_mark();
    forget_met(judge);
    if (leaf != NULL && X509_up_ref(leaf))
        judge->met = leaf;
    judge->chain = X509_chain_up_ref(X509_STORE_CTX_get0_untrusted(context));
    judge->level = ssl != NULL ? SSL_get_security_level(ssl) : 1;
    if (judge->met != NULL && judge->decided)
        rule(judge);
    else
        judge->admitted = judge->met != NULL;
    ERR_pop_to_mark();
    X509_STORE_CTX_set_error(context,
                             judge->admitted ? X509_V_OK : X509_V_ERR_APPLICATION_VERIFICATION);
    return judge->admitted ? 1 : 0;
}

bool tls_judge_admits_peer(const struct tls_judge *judge, const void *ssl)
{
    const X509 *leaf = ssl != NULL ? SSL_get0_peer_certificate(ssl) : NULL;

    return judge->decided && judge->fixed != NULL && leaf != NULL &&
           X509_cmp(judge->fixed, leaf) == 0;
}

char *tls_certificate_pin(const char *pem)
{
    X509 *certificate = first_certificate(pem);
    char *pin = certificate != NULL ? pin_of(certificate) : mem_text("");

    X509_free(certificate);
    return pin;
}

bool tls_judge_attach(struct tls_judge *judge, void *ssl_ctx)
{
    /* Until the certificate comes nothing is met: a handshake without one admits nothing. */
    forget_met(judge);
    SSL_CTX_set_verify(ssl_ctx, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_cert_verify_callback(ssl_ctx, meet, judge);
    return true;
}
