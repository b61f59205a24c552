/* SPDX-License-Identifier: MIT */
/*
 * tls_file.h - PEM files that an option, a variable or a URI names.
 *
 * They are read when they are named, so that what is wrong with one is said of it, and not of the
 * handshake that it spoils later; and so that no library finds an encrypted key and asks for its
 * password by itself, on the terminal or from standard input.
 */
#ifndef IO_TLS_FILE_H
#define IO_TLS_FILE_H

#include <stdbool.h>

#include "base/error.h"

/*
 * tls_file_begin(): whatever OpenSSL would ask a person for is answered by nothing. Once, before
 * other threads.
 */
void tls_file_begin(void);

/*
 * tls_file_authorities(name, path, error): a PEM file of at least one certificate. name is what
 * messages call it ("ca-cert", "the tlsCAFile of the MongoDB URI"). ERROR_USAGE says why not, also
 * where a pipe's writer is not done in time (base/file.h).
 */
bool tls_file_authorities(const char *name, const char *path, struct error *error);

/*
 * tls_file_identity(name, path, password, error): a PEM file of a certificate and its key, which
 * opens with password (NULL: without one). ERROR_USAGE.
 */
bool tls_file_identity(const char *name, const char *path, const char *password,
                       struct error *error);

/*
 * tls_file_path(path): where a library finds what path names. Of a pipe that one of the two above
 * has read (<(...) of a shell), which nobody can read again, a copy in memory; else path itself,
 * NULL too. The string lives as long as path or the process.
 */
const char *tls_file_path(const char *path);

#endif
