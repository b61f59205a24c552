/* SPDX-License-Identifier: MIT */
/*
 * tls_text.h - certificates and pins as text: what options give, and what people are shown.
 */
#ifndef IO_TLS_TEXT_H
#define IO_TLS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* tls_ca_cert_valid(path): is there a PEM file of at least one certificate? */
bool tls_ca_cert_valid(const char *path);

/* tls_pin_valid(pin): does it have the form that tls_policy wants? */
bool tls_pin_valid(const char *pin);

/*
 * tls_describe(der, length): the same of a certificate in DER, without the pin; "unreadable" where
 * it is none.
 */
char *tls_describe(const void *der, size_t length);

#endif
