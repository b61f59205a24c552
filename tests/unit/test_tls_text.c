/* SPDX-License-Identifier: MIT */
#include "io/tls.h"
#include "io/tls_file.h"
#include "io/tls_text.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/pem.h>

#include "base/mem.h"
#include "child.h"

Suite *tls_text_suite(void);

/*
 * Made with OpenSSL's command line; what they hold is what `openssl x509 -text` says.
 *
 * many: CN=ignored, SAN a.test, an e-mail address, 192.0.2.7, *.b.test, 2001:db8::1, c.test, d.test, e.test
 * hostile: CN=a ESC [31mb LF c U+202E d
 * Both are signed by "Example CA \u00e9" and end on 14 July 2051; self has an empty subject and ends on 25 August 2081.
 */
static const char many[] = "-----BEGIN CERTIFICATE-----\n"
                           "MIIB2jCCAYGgAwIBAgIUYTZMT8xmLAmIRJ83WPJNyU2wG1cwCgYIKoZIzj0EAwIw\n"
                           "KjEQMA4GA1UECgwHRXhhbXBsZTEWMBQGA1UEAwwNRXhhbXBsZSBDQSDDqTAgFw0y\n"
                           "NjExMjIxNzM3MDBaGA8yMDUxMDcxNDE3MzcwMFowEjEQMA4GA1UEAwwHaWdub3Jl\n"
                           "ZDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABBjGmGLl6GAUcsK1qNL+ElaMsmD0\n"
                           "vQ7dgE3zhqSF8iJ6di/tXOk1tr8MWQuT6J5SD2Wf55ZEtkh0YFDpmrrH5gmjgZow\n"
                           "gZcwVQYDVR0RBE4wTIIGYS50ZXN0gQh4QGEudGVzdIcEwAACB4IIKi5iLnRlc3SH\n"
                           "ECABDbgAAAAAAAAAAAAAAAGCBmMudGVzdIIGZC50ZXN0ggZlLnRlc3QwHQYDVR0O\n"
                           "BBYEFAZMycBzKOYFS1eAXNIUXv78jgaEMB8GA1UdIwQYMBaAFPCUp1Y9yyzL/n36\n"
                           "Jrltyu9fyLBOMAoGCCqGSM49BAMCA0cAMEQCIAnAE9xGP3EJ+qq3FgxWrLuUUdh3\n"
                           "m5T/6rNJJIeMF7mMAiB5aGRvCIX+J9XJ/DRNjmibjGcB1uwI7kat1JZbfdtmcQ==\n"
                           "-----END CERTIFICATE-----\n";

static const char cn[] = "-----BEGIN CERTIFICATE-----\n"
                         "MIIBTTCB9QIUYTZMT8xmLAmIRJ83WPJNyU2wG1gwCgYIKoZIzj0EAwIwKjEQMA4G\n"
                         "A1UECgwHRXhhbXBsZTEWMBQGA1UEAwwNRXhhbXBsZSBDQSDDqTAgFw0yNjExMjIx\n"
                         "NzM3MDBaGA8yMDUxMDcxNDE3MzcwMFowKDEMMAoGA1UECgwDT3JnMRgwFgYDVQQD\n"
                         "DA92cG4uZXhhbXBsZS5jb20wWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQYxphi\n"
                         "5ehgFHLCtajS/hJWjLJg9L0O3YBN84akhfIienYv7VzpNba/DFkLk+ieUg9ln+eW\n"
                         "RLZIdGBQ6Zq6x+YJMAoGCCqGSM49BAMCA0cAMEQCIDKlkkmkIFRtqZDGHzekyFTc\n"
                         "yQ+Pa8XSeAvXrczXuNLnAiBEaZ1g3/+MvIuyrgTQJlofSl2Od5TKaHvdvOtfgEuv\n"
                         "0Q==\n"
                         "-----END CERTIFICATE-----\n";

static const char hostile[] = "-----BEGIN CERTIFICATE-----\n"
                              "MIIBPjCB5QIUYTZMT8xmLAmIRJ83WPJNyU2wG1kwCgYIKoZIzj0EAwIwKjEQMA4G\n"
                              "A1UECgwHRXhhbXBsZTEWMBQGA1UEAwwNRXhhbXBsZSBDQSDDqTAgFw0yNjExMjIx\n"
                              "NzM3MDBaGA8yMDUxMDcxNDE3MzcwMFowGDEWMBQGA1UEAwwNYRtbMzFtYgpj4oCu\n"
                              "ZDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABBjGmGLl6GAUcsK1qNL+ElaMsmD0\n"
                              "vQ7dgE3zhqSF8iJ6di/tXOk1tr8MWQuT6J5SD2Wf55ZEtkh0YFDpmrrH5gkwCgYI\n"
                              "KoZIzj0EAwIDSAAwRQIhAKjhiHmJcgQPC+w9ukiJN0dqU4KD35fMEH4orsHR844F\n"
                              "AiAehRbHt+EjFaR5ZxsomGIS8hORxxgDcrubqYudowQknw==\n"
                              "-----END CERTIFICATE-----\n";

static const char self[] = "-----BEGIN CERTIFICATE-----\n"
                           "MIIBVTCB/aADAgECAhQlrvriuTq8w1buwxUfl61TcpuvizAKBggqhkjOPQQDAjAA\n"
                           "MCAXDTI2MTEyMjE3MzcwMFoYDzIwODEwODI1MTczNzAwWjAAMFkwEwYHKoZIzj0C\n"
                           "AQYIKoZIzj0DAQcDQgAEGMaYYuXoYBRywrWo0v4SVoyyYPS9Dt2ATfOGpIXyInp2\n"
                           "L+1c6TW2vwxZC5PonlIPZZ/nlkS2SHRgUOmausfmCaNTMFEwHQYDVR0OBBYEFAZM\n"
                           "ycBzKOYFS1eAXNIUXv78jgaEMB8GA1UdIwQYMBaAFAZMycBzKOYFS1eAXNIUXv78\n"
                           "jgaEMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDRwAwRAIgXIqSr+Ju6UQQ\n"
                           "mIPmYZhPiOUrc1N6dO5jdvTbLR01c8oCIHs81E5R+u/YCaPQO7bdvQk1d95eYzLs\n"
                           "c4PJzy2g+Akv\n"
                           "-----END CERTIFICATE-----\n";

static void described(const char *pem, const char *expected)
{
    uint8_t *der = NULL;
    BIO *bio = BIO_new_mem_buf(pem, -1);
    X509 *certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    int length = i2d_X509(certificate, &der);

    ck_assert_int_gt(length, 0);
    char *text = tls_describe(der, (size_t)length);
    ck_assert_str_eq(text, expected);
    mem_free(text);
    text = tls_describe(der, (size_t)length - 1);
    ck_assert_str_eq(text, "unreadable");
    mem_free(text);
    OPENSSL_free(der);
    X509_free(certificate);
    BIO_free(bio);
}

START_TEST(test_describe)
{
    described(many, "a.test, 192.0.2.7, *.b.test, 2001:db8::1, c.test and 2 more, issued by "
                    "Example CA \xc3\xa9, until 2051-07-14");
    described(cn, "vpn.example.com, issued by Example CA \xc3\xa9, until 2051-07-14");
    described(hostile, "a?[31mb?c?d, issued by Example CA \xc3\xa9, until 2051-07-14");
    described(self, "no name, self-signed, until 2081-08-25");
}
END_TEST

START_TEST(test_certificates)
{
    char *behind_key = mem_alloc(sizeof(cn) + 200);
    char *locked = mem_alloc(sizeof(cn) + 200);

    ck_assert(tls_certificate_valid(cn));
    ck_assert(!tls_certificate_valid(NULL));
    ck_assert(!tls_certificate_valid(""));
    ck_assert(!tls_certificate_valid("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"));
    ck_assert(
        !tls_certificate_valid("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"));
    /* Something else in front of it, as in a file of key and certificate. */
    stpcpy(stpcpy(behind_key, "words\n-----BEGIN OTHER-----\nAAAA\n-----END OTHER-----\n"), cn);
    ck_assert(tls_certificate_valid(behind_key));
    /* An encrypted block: nobody is asked for a password (the test would hang on a terminal). */
    stpcpy(stpcpy(locked, "-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\n"
                          "DEK-Info: AES-128-CBC,00000000000000000000000000000000\n\n"),
           strchr(cn, '\n') + 1);
    ck_assert(!tls_certificate_valid(locked));
    mem_free(behind_key);
    mem_free(locked);
}
END_TEST

static void expect_refused(const char *path, const char *words)
{
    struct error error = {0};

    ck_assert(!tls_file_authorities("the file", path, &error));
    ck_assert_int_eq(error.kind, ERROR_USAGE);
    ck_assert_msg(strstr(error.text, "the file") != NULL && strstr(error.text, path) != NULL &&
                      strstr(error.text, words) != NULL,
                  "%s is not in: %s", words, error.text);
}

START_TEST(test_ca_files)
{
    struct error error = {0};

    folder_enter();
    make_file("good.pem", self, 0600);
    make_file("text.pem", "not a certificate\n", 0600);
    make_file("key.pem", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", 0600);
    make_file("broken.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", 0600);
    make_file("empty.pem", "", 0600);
    ck_assert(tls_file_authorities("the file", "good.pem", &error));
    expect_refused("text.pem", "not in PEM");
    expect_refused("key.pem", "holds a private key, and no certificate");
    expect_refused("broken.pem", "cannot be read");
    expect_refused("empty.pem", "is empty");
    expect_refused("absent.pem", "No such file");
    expect_refused(".", "Is a directory");
    expect_refused("/dev/tty", "is a device");
    folder_leave();
}
END_TEST

#define DIGITS "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA+/"
#define PIN "sha256//" DIGITS "="

START_TEST(test_pins)
{
    static const char *const good[] = {
        PIN,
        PIN ";" PIN,
        PIN ";" PIN ";" PIN,
        "sha256//1ZWne4ATkJ342E+BxaepM7jEFj/axA4PBcxFBtWth5s=",
    };
    static const char *const bad[] = {
        "",
        ";",
        PIN ";",
        ";" PIN,
        PIN ";;" PIN,
        PIN " ;" PIN,
        PIN "," PIN,
        PIN PIN,
        PIN "=",
        PIN "\n",
        " " PIN,
        "sha256//",
        "sha256//" DIGITS,
        "sha256//A" DIGITS,
        "sha256//A" DIGITS "=",
        "sha256//=" DIGITS,
        "sha256/" DIGITS "=",
        "SHA256//" DIGITS "=",
        "sha1//" DIGITS "=",
        "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA-_=",
        "d5d5a77b8013909df8d84f81c5a7a933b8c4163fdac40e0f05cc4506d5ad879b",
    };

    for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
        ck_assert_msg(tls_pin_valid(good[i]), "%s", good[i]);
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        ck_assert_msg(!tls_pin_valid(bad[i]), "%s", bad[i]);
}
END_TEST

Suite *tls_text_suite(void)
{
    Suite *suite = suite_create("tls_text");
    TCase *words = tcase_create("words");

    tcase_add_test(words, test_describe);
    tcase_add_test(words, test_certificates);
    tcase_add_test(words, test_ca_files);
    tcase_add_test(words, test_pins);
    suite_add_tcase(suite, words);
    return suite;
}
