/* SPDX-License-Identifier: MIT */
/*
 * password.h - the console password as Pritunl keeps it.
 *
 * "3$SALT$HASH": SALT is base64 of 8 random bytes; HASH is base64 of SHA-512 over the first 128
 * characters of the password (UTF-8) and the raw salt, then 100,000 times over its own digest
 * (observed on Pritunl 1.34).
 */
#ifndef PRITUNL_PASSWORD_H
#define PRITUNL_PASSWORD_H

#include <stdint.h>

/*
 * password_hash(password): a new string, to end with mem_free(); NULL where OpenSSL has no SHA-512.
 * password is UTF-8.
 */
char *password_hash(const char *password);

/* password_hash_with(password, salt): the same with a salt that is known. */
#define PASSWORD_SALT_SIZE 8
char *password_hash_with(const char *password, const uint8_t salt[PASSWORD_SALT_SIZE]);

#endif
