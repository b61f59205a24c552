/* SPDX-License-Identifier: MIT */
#include "pki.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#define NAMES "DNS:api.test,DNS:*.wild.test,IP:127.0.0.1,IP:::1"

/* `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -outform DER | base64`, of no use to anybody. */
static EVP_PKEY *fixed_key(void)
{
    static const char encoded[] =
        "MHcCAQEEIOsZ0eY5PK00SdpQ1o/3dYywbV5ng+U92UsD2Y2u0GZkoAoGCCqGSM49AwEHoUQDQgAE"
        "GMaYYuXoYBRywrWo0v4SVoyyYPS9Dt2ATfOGpIXyInp2L+1c6TW2vwxZC5PonlIPZZ/nlkS2SHRg"
        "UOmausfmCQ==";
    uint8_t der[sizeof(encoded)] = {0};
    const uint8_t *at = der;

    EVP_DecodeBlock(der, (const uint8_t *)encoded, sizeof(encoded) - 1);
    return d2i_AutoPrivateKey(NULL, &at, sizeof(der));
}

static void add_extension(X509 *certificate, int kind, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, kind, value);

    ck_assert_ptr_nonnull(extension);
    ck_assert_int_eq(X509_add_ext(certificate, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

static void add_part(X509_NAME *name, const char *field, const char *value)
{
    if (value != NULL)
        ck_assert_int_eq(X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
                                                    (const uint8_t *)value, -1, -1, 0),
                         1);
}

struct identity identity_make(const struct identity_wish *wish)
{
    static long serial = 1;
    struct identity made = {.issuer = wish->issuer};

    made.key = wish->fixed_key ? fixed_key() : EVP_EC_gen("P-384");
    made.certificate = X509_new();
    ck_assert_ptr_nonnull(made.key);
    ck_assert_ptr_nonnull(made.certificate);
    const struct identity *issuer = wish->issuer != NULL ? wish->issuer : &made;
    X509_set_version(made.certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(made.certificate), serial++);
    X509_NAME *subject = X509_get_subject_name(made.certificate);
    add_part(subject, "O", wish->organization);
    add_part(subject, "CN", wish->name);
    X509_set_issuer_name(made.certificate, X509_get_subject_name(issuer->certificate));
    X509_time_adj_ex(X509_getm_notBefore(made.certificate), wish->from_days, 0, NULL);
    X509_time_adj_ex(X509_getm_notAfter(made.certificate), wish->to_days, 0, NULL);
    X509_set_pubkey(made.certificate, made.key);
    if (wish->authority)
        add_extension(made.certificate, NID_basic_constraints, "critical,CA:TRUE");
    if (wish->usage != NULL)
        add_extension(made.certificate, NID_ext_key_usage, wish->usage);
    if (wish->alternatives != NULL)
        add_extension(made.certificate, NID_subject_alt_name, wish->alternatives);
    ck_assert_int_gt(X509_sign(made.certificate, issuer->key, EVP_sha256()), 0);
    return made;
}

void identity_free(struct identity *identity)
{
    EVP_PKEY_free(identity->key);
    X509_free(identity->certificate);
    *identity = (struct identity){0};
}

char *identity_pem(const struct identity *identity)
{
    char *bytes = NULL;
    BIO *bio = BIO_new(BIO_s_mem());

    ck_assert_int_eq(PEM_write_bio_X509(bio, identity->certificate), 1);
    size_t length = (size_t)BIO_get_mem_data(bio, &bytes);
    char *pem = calloc(length + 1, 1); /* not strndup: OpenSSL puts no NUL behind the bytes */
    ck_assert_ptr_nonnull(pem);
    memcpy(pem, bytes, length);
    BIO_free(bio);
    return pem;
}

void identity_write(const struct identity *identity, const char *path)
{
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(PEM_write_X509(file, identity->certificate), 1);
    ck_assert_int_eq(fclose(file), 0);
}

SSL_CTX *identity_server(const struct identity *identity)
{
    SSL_CTX *server = SSL_CTX_new(TLS_server_method());

    ck_assert_ptr_nonnull(server);
    ck_assert_int_eq(SSL_CTX_use_certificate(server, identity->certificate), 1);
    ck_assert_int_eq(SSL_CTX_use_PrivateKey(server, identity->key), 1);
    for (const struct identity *up = identity->issuer; up != NULL && up->issuer != NULL;
         up = up->issuer)
        ck_assert_int_eq((int)SSL_CTX_add1_chain_cert(server, up->certificate), 1);
    return server;
}

static struct identity server_of(const struct identity *issuer, const char *names, int from, int to)
{
    return identity_make(&(struct identity_wish){.name = "a server",
                                                 .alternatives = names,
                                                 .usage = "serverAuth",
                                                 .issuer = issuer,
                                                 .from_days = from,
                                                 .to_days = to});
}

void company_make(struct company *company)
{
    company->root = identity_make(&(struct identity_wish){
        .organization = "Company", .name = "Company Root", .authority = true, VALID});
    company->stranger =
        identity_make(&(struct identity_wish){.name = "Stranger Root", .authority = true, VALID});
    company->middle = identity_make(&(struct identity_wish){
        .name = "Company Middle", .issuer = &company->root, .authority = true, VALID});
    company->server = server_of(&company->root, NAMES, -1, 10);
    company->behind = server_of(&company->middle, NAMES, -1, 10);
    company->past = server_of(&company->root, NAMES, -20, -10);
    company->future = server_of(&company->root, NAMES, 10, 20);
    company->elsewhere = server_of(&company->root, "DNS:other.test", -1, 10);
    company->past_elsewhere = server_of(&company->root, "DNS:other.test", -20, -10);
    company->client = identity_make(&(struct identity_wish){.name = "a client",
                                                            .alternatives = NAMES,
                                                            .usage = "clientAuth",
                                                            .issuer = &company->root,
                                                            VALID});
    company->foreign = server_of(&company->stranger, NAMES, -1, 10);
    company->pritunl = identity_make(&(struct identity_wish){.organization = "Pritunl", VALID});
    company->nameless =
        identity_make(&(struct identity_wish){.fixed_key = true, .from_days = -20, .to_days = -10});
}

void company_free(struct company *company)
{
    struct identity *all[] = {
        &company->root,           &company->stranger, &company->middle,  &company->server,
        &company->behind,         &company->past,     &company->future,  &company->elsewhere,
        &company->client,         &company->foreign,  &company->pritunl, &company->nameless,
        &company->past_elsewhere,
    };

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        identity_free(all[i]);
}
