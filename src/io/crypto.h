/* SPDX-License-Identifier: MIT */
/*
 * crypto.h - HMAC, digests, base64 and random text (OpenSSL).
 *
 * A program that this is linked into gives OpenSSL the wiping allocator (mem.h) before main.
 */
#ifndef IO_CRYPTO_H
#define IO_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CRYPTO_SHA256_SIZE 32

/*
 * crypto_hmac_sha256, crypto_sha256: false only where OpenSSL has no SHA-256 (a broken
 * installation); digest is unusable then.
 */
bool crypto_hmac_sha256(const void *key, size_t key_length, const void *bytes, size_t length,
                        uint8_t digest[CRYPTO_SHA256_SIZE]);

bool crypto_sha256(const void *bytes, size_t length, uint8_t digest[CRYPTO_SHA256_SIZE]);

/*
 * crypto_sha512_rounds(bytes, length, rounds, digest): SHA-512 of bytes, then rounds times of its
 * own digest. False as above.
 */
#define CRYPTO_SHA512_SIZE 64
bool crypto_sha512_rounds(const void *bytes, size_t length, unsigned rounds,
                          uint8_t digest[CRYPTO_SHA512_SIZE]);

/*
 * crypto_base64(bytes, length): standard alphabet, padded, one line; a new string, to end with
 * mem_free().
 */
char *crypto_base64(const void *bytes, size_t length);

/*
 * crypto_base64_text(base64): the text that it stands for, a new string; NULL where it is not
 * base64, or holds a NUL.
 */
char *crypto_base64_text(const char *base64);

/*
 * crypto_random_text(text, length)
 *
 * Write length characters of [A-Za-z0-9], each equally likely (rejection, no modulo bias), from
 * the operating system's generator, and a NUL behind them (text has room for length + 1). A
 * generator that fails ends the process with status 7: there is no credential without one.
 */
void crypto_random_text(char *text, size_t length);

/* crypto_random(bytes, length): from the same generator, and with the same end where it fails. */
void crypto_random(void *bytes, size_t length);

/* crypto_equal(a, b, length): compare in constant time. */
bool crypto_equal(const void *a, const void *b, size_t length);

#endif
