/* SPDX-License-Identifier: MIT */
#include "pritunl/password.h"

#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "io/crypto.h"

#define CHARACTERS_MAX 128
#define ROUNDS 100000

/* The bytes of the first CHARACTERS_MAX characters; a byte that is no UTF-8 counts as one. */
static size_t counted(const char *password)
{
    size_t length = strlen(password);
    size_t used = 0;

    for (int i = 0; i < CHARACTERS_MAX && used < length; i++) {
        size_t size = text_decode(password + used, length - used, NULL);

        used += size > 0 ? size : 1;
    }
    return used;
}

char *password_hash_with(const char *password, const uint8_t salt[PASSWORD_SALT_SIZE])
{
    struct buf input = BUF_EMPTY(BUF_MAX);
    uint8_t digest[CRYPTO_SHA512_SIZE];
    char *salt_text = NULL;
    char *digest_text = NULL;
    char *hash = NULL;

    buf_add(&input, password, counted(password));
    buf_add(&input, salt, PASSWORD_SALT_SIZE);
    if (crypto_sha512_rounds(input.data, input.length, ROUNDS, digest)) {
        salt_text = crypto_base64(salt, PASSWORD_SALT_SIZE);
        digest_text = crypto_base64(digest, sizeof digest);
        hash = text_format("3$%s$%s", salt_text, digest_text);
    }
    mem_free(salt_text);
    mem_free(digest_text);
    mem_wipe(digest, sizeof digest);
    buf_free(&input);
    return hash;
}

char *password_hash(const char *password)
{
    uint8_t salt[PASSWORD_SALT_SIZE];

    crypto_random(salt, sizeof salt);
    return password_hash_with(password, salt);
}
