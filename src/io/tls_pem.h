/* SPDX-License-Identifier: MIT */
/*
 * tls_pem.h - certificates as text, for whoever is to trust them too. (OpenSSL)
 */
#ifndef IO_TLS_PEM_H
#define IO_TLS_PEM_H

#include <stdbool.h>
#include <stddef.h>

/*
 * tls_pem_certificates(pem, count): the certificates of pem and nothing else (no key that stands
 * beside them), written anew; a new string, "" where there is none. count, where it is not NULL,
 * says how many.
 */
char *tls_pem_certificates(const char *pem, size_t *count);

/* tls_pem_names_host(pem, host): does the first of them name it where clients look today? */
bool tls_pem_names_host(const char *pem, const char *host);

#endif
