/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "io/tls_text.h"

#define NAMES_SHOWN 5
#define NAME_MAX_SHOWN 100

/* The pin behind this one; "" behind the last; NULL where this one has not the form of a pin. */
static const char *next_pin(const char *pin)
{
    static const char prefix[] = "sha256//";
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *digits = pin + strlen(prefix);

    if (!text_starts(pin, prefix) || strspn(digits, alphabet) != 43 || digits[43] != '=')
        return NULL;
    const char *end = digits + 44;
    if (*end == '\0')
        return end;
    return *end == ';' && end[1] != '\0' ? end + 1 : NULL;
}

bool tls_pin_valid(const char *pin)
{
    do
        pin = next_pin(pin);
    while (pin != NULL && *pin != '\0');
    return pin != NULL;
}

/* Bytes of a certificate, printable and cut, behind a comma unless first. */
static void add_name(struct buf *text, const void *bytes, size_t length)
{
    char *name = text_printable(bytes, length < NAME_MAX_SHOWN ? length : NAME_MAX_SHOWN);

    if (text->length > 0)
        buf_add_text(text, ", ");
    buf_add_text(text, name);
    mem_free(name);
}

static bool add_common_name(struct buf *text, X509_NAME *name)
{
    uint8_t *bytes = NULL;

    int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
    if (at < 0)
        return false;
    const ASN1_STRING *value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));
    int length = ASN1_STRING_to_UTF8(&bytes, value);
    if (length > 0)
        add_name(text, bytes, (size_t)length);
    OPENSSL_free(bytes);
    return length > 0;
}

/* False for a kind of name that no host has; text may be NULL: only ask. */
static bool add_alternative(struct buf *text, const GENERAL_NAME *name)
{
    char address[INET6_ADDRSTRLEN] = "";
    int type = 0;

    const ASN1_STRING *value = GENERAL_NAME_get0_value(name, &type);
    if (type != GEN_DNS && type != GEN_IPADD)
        return false;
    const uint8_t *bytes = ASN1_STRING_get0_data(value);
    size_t length = (size_t)ASN1_STRING_length(value);
    if (type == GEN_IPADD) {
        if (length != 4 && length != 16)
            return false;
        inet_ntop(length == 4 ? AF_INET : AF_INET6, bytes, address, sizeof(address));
        bytes = (const uint8_t *)address;
        length = strlen(address);
    }
    if (text != NULL)
        add_name(text, bytes, length);
    return true;
}

static void add_names(struct buf *text, X509 *certificate)
{
    int found = 0;

    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    for (int i = 0; names != NULL && i < sk_GENERAL_NAME_num(names); i++)
        if (add_alternative(found < NAMES_SHOWN ? text : NULL, sk_GENERAL_NAME_value(names, i)))
            found++;
    if (found > NAMES_SHOWN)
        buf_add_format(text, " and %d more", found - NAMES_SHOWN);
    GENERAL_NAMES_free(names);
    if (found == 0 && !add_common_name(text, X509_get_subject_name(certificate)))
        buf_add_text(text, "no name");
}

static void add_issuer(struct buf *text, X509 *certificate)
{
    struct buf issuer = BUF_EMPTY(1024);

    if (X509_self_signed(certificate, 0) == 1)
        buf_add_text(text, ", self-signed");
    else if (add_common_name(&issuer, X509_get_issuer_name(certificate)))
        buf_add_format(text, ", issued by %s", buf_text(&issuer));
    else
        buf_add_text(text, ", issued by nobody named");
    buf_free(&issuer);
}

static void add_end(struct buf *text, const X509 *certificate)
{
    struct tm end = {0};

    if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) == 1)
        buf_add_format(text, ", until %04d-%02d-%02d", end.tm_year + 1900, end.tm_mon + 1,
                       end.tm_mday);
}

char *tls_describe(const void *der, size_t length)
{
    struct buf text = BUF_EMPTY(4096);
    const uint8_t *at = der;

    ERR_set_mark();
    X509 *certificate = length <= BUF_MAX ? d2i_X509(NULL, &at, (long)length) : NULL;
    if (certificate == NULL) {
        buf_add_text(&text, "unreadable");
    } else {
        add_names(&text, certificate);
        add_issuer(&text, certificate);
        add_end(&text, certificate);
    }
    X509_free(certificate);
    ERR_pop_to_mark();
    return buf_take(&text);
}
