/* SPDX-License-Identifier: MIT */
/*
 * tls_text.h - certificates and pins as files and people have them (OpenSSL).
 */
#ifndef IO_TLS_TEXT_H
#define IO_TLS_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* tls_pin_valid(pin): has it the form sha256//BASE64[;sha256//BASE64…]? */
bool tls_pin_valid(const char *pin);

/*
 * tls_describe(der, length): a certificate in DER for people: names (or "no name"), issuer (or
 * "self-signed"), end date; a new printable string, "unreadable" where it is none.
 */
char *tls_describe(const void *der, size_t length);

#endif
