/* SPDX-License-Identifier: MIT */
#include "io/tls_pem.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/buf.h"
#include "base/mem.h"

/* The default of OpenSSL asks on the terminal for the password of an encrypted block. */
static int refuse_password(char *buffer, int size, int writing, void *context)
{
    (void)buffer;
    (void)size;
    (void)writing;
    (void)context;
    return -1;
}

static X509 *next_certificate(BIO *in)
{
    return PEM_read_bio_X509(in, NULL, refuse_password, NULL);
}

static BIO *open_pem(const char *pem)
{
    return strlen(pem) <= BUF_MAX ? BIO_new_mem_buf(pem, (int)strlen(pem)) : NULL;
}

char *tls_pem_certificates(const char *pem, size_t *count)
{
    BIO *in = open_pem(pem);
    BIO *out = BIO_new(BIO_s_mem());
    X509 *certificate = NULL;
    size_t written = 0;
    char *bytes = NULL;
    char *text = NULL;
    long length = 0;

    ERR_set_mark();
    while (in != NULL && out != NULL && (certificate = next_certificate(in)) != NULL) {
        written += PEM_write_bio_X509(out, certificate) == 1;
        X509_free(certificate);
    }
    ERR_pop_to_mark();
    length = out != NULL ? BIO_get_mem_data(out, &bytes) : 0;
    text = length > 0 ? mem_copy(bytes, (size_t)length) : mem_text("");
    BIO_free(in);
    BIO_free(out);
    if (count != NULL)
        *count = written;
    return text;
}

bool tls_pem_names_host(const char *pem, const char *host)
{
    BIO *in = open_pem(pem);
    X509 *certificate = NULL;
    bool named = false;

    ERR_set_mark();
    certificate = in != NULL ? next_certificate(in) : NULL;
    if (certificate != NULL)
        named =
            X509_check_ip_asc(certificate, host, 0) == 1 ||
            X509_check_host(certificate, host, 0, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, NULL) == 1;
    X509_free(certificate);
    ERR_pop_to_mark();
    BIO_free(in);
    return named;
}
