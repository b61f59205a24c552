/* SPDX-License-Identifier: MIT */
/*
 * pki.h - certificates for the tests of TLS, made by OpenSSL on the spot.
 */
#ifndef UNIT_PKI_H
#define UNIT_PKI_H

#include <stdbool.h>

#include <openssl/ssl.h>
#include <openssl/x509.h>

struct identity {
    EVP_PKEY *key;
    X509 *certificate;
    const struct identity *issuer; /* NULL: itself */
};

struct identity_wish {
    const char *organization; /* NULL: the subject is empty but for name */
    const char *name;         /* common name, or NULL */
    const char *alternatives; /* "DNS:a,IP:127.0.0.1" as in openssl.cnf, or NULL */
    const char *usage;        /* extended key usage, or NULL */
    const struct identity *issuer;
    int from_days; /* from now */
    int to_days;
    bool authority;
    bool fixed_key; /* not a new key, but the one whose pin is FIXED_PIN */
};

/* `openssl pkey -pubout -outform der | openssl dgst -sha256 -binary | base64` of the key in pki.c. */
#define FIXED_PIN "sha256//1ZWne4ATkJ342E+BxaepM7jEFj/axA4PBcxFBtWth5s="

/* Ready-made wishes: from yesterday for ten days. */
#define VALID .from_days = -1, .to_days = 10

/* identity_make(wish): a new key on EC P-384; identity_free(identity) frees it. */
struct identity identity_make(const struct identity_wish *wish);
void identity_free(struct identity *identity);

/* identity_pem(identity): the certificate as text, to end with free(). identity_write(identity, path): into a file. */
char *identity_pem(const struct identity *identity);
void identity_write(const struct identity *identity, const char *path);

/* identity_server(identity): a context that shows it, with the issuers that are no roots behind it. */
SSL_CTX *identity_server(const struct identity *identity);

/*
 * The company that the tests live in: a root and what it signed; others are nobody's. A server's names are api.test,
 * *.wild.test, 127.0.0.1 and ::1.
 */
struct company {
    struct identity root, stranger, middle;
    struct identity server, behind, past, future, elsewhere, past_elsewhere, client;
    struct identity foreign;  /* signed by stranger */
    struct identity pritunl;  /* self-signed, without common and alternative names */
    struct identity nameless; /* the same with an empty subject, out of date, and FIXED_PIN */
};
void company_make(struct company *company);
void company_free(struct company *company);

#endif
