/* SPDX-License-Identifier: MIT */
#include "io/crypto.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/random.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/ending.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"

static void *openssl_malloc(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return mem_lib_malloc(size);
}

static void *openssl_realloc(void *block, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return mem_lib_realloc(block, size);
}

static void openssl_free(void *block, const char *file, int line)
{
    (void)file;
    (void)line;
    mem_lib_free(block);
}

/*
 * Before any library's constructor, since OpenSSL takes an allocator only while nothing has been
 * allocated, and that of Debian 12's libmongoc initialises it. Where it is refused all the same,
 * nothing breaks: OpenSSL's copies are only not wiped.
 */
static void use_wiping_allocator(void)
{
    (void)CRYPTO_set_mem_functions(openssl_malloc, openssl_realloc, openssl_free);
}
__attribute__((section(".preinit_array"),
               used)) static void (*const before_constructors)(void) = use_wiping_allocator;

bool crypto_hmac_sha256(const void *key, size_t key_length, const void *bytes, size_t length,
                        uint8_t digest[CRYPTO_SHA256_SIZE])
{
    size_t written = 0;

    /* The EVP_MAC takes NULL for "the key set before", and an empty key is one too. */
    const void *given = key_length > 0 ? key : "";
    ERR_set_mark();
    bool ok = EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, given, key_length, bytes, length,
                        digest, CRYPTO_SHA256_SIZE, &written) != NULL;
    ERR_pop_to_mark();
    return ok && written == CRYPTO_SHA256_SIZE;
}

bool crypto_sha256(const void *bytes, size_t length, uint8_t digest[CRYPTO_SHA256_SIZE])
{
    ERR_set_mark();
    bool ok = EVP_Digest(bytes, length, digest, NULL, EVP_sha256(), NULL) == 1;
    ERR_pop_to_mark();
    return ok;
}

static bool digest_once(EVP_MD_CTX *context, const EVP_MD *algorithm, const void *bytes,
                        size_t length, uint8_t *digest)
{
    return EVP_DigestInit_ex(context, algorithm, NULL) == 1 &&
           EVP_DigestUpdate(context, bytes, length) == 1 &&
           EVP_DigestFinal_ex(context, digest, NULL) == 1;
}

bool crypto_sha512_rounds(const void *bytes, size_t length, unsigned rounds,
                          uint8_t digest[CRYPTO_SHA512_SIZE])
{
    ERR_set_mark();
    /* Both are made once, not a hundred thousand times. */
    EVP_MD *algorithm = EVP_MD_fetch(NULL, "SHA512", NULL);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool ok = algorithm != NULL && digest_once(context, algorithm, bytes, length, digest);

    for (unsigned i = 0; ok && i < rounds; i++)
        ok = digest_once(context, algorithm, digest, CRYPTO_SHA512_SIZE, digest);
    EVP_MD_CTX_free(context);
    EVP_MD_free(algorithm);
    ERR_pop_to_mark();
    return ok;
}

char *crypto_base64(const void *bytes, size_t length)
{
    const uint8_t *from = bytes;
    /* EVP_EncodeBlock counts in int: whole groups of three can be encoded piece by piece. */
    const size_t piece = (size_t)3 * 1024 * 1024;
    char *text = mem_alloc(length / 3 * 4 + 5);
    char *to = text;

    *to = '\0';
    while (length > 0) {
        size_t now = length < piece ? length : piece;
        to += EVP_EncodeBlock((uint8_t *)to, from, (int)now);
        from += now;
        length -= now;
    }
    return text;
}

char *crypto_base64_text(const char *base64)
{
    size_t length = strlen(base64);
    size_t padding = text_ends(base64, "==") ? 2 : text_ends(base64, "=") ? 1 : 0;
    uint8_t *bytes = NULL;
    char *text = NULL;

    /* EVP_DecodeBlock skips blanks around the text, and what it takes for the end. */
    if (length % 4 != 0 || length > INT_MAX || strcspn(base64, " \t\r\n-") != length)
        return NULL;
    bytes = mem_zero(length / 4 + 1, 3);
    if (length == 0 || EVP_DecodeBlock(bytes, (const uint8_t *)base64, (int)length) >= 0) {
        size_t size = length / 4 * 3 - padding;

        if (memchr(bytes, 0, size) == NULL)
            text = mem_copy(bytes, size);
    }
    mem_free(bytes);
    return text;
}

static _Noreturn void no_randomness(void)
{
    ending_now(error_status(ERROR_OUTPUT), "the system's random generator failed");
}

void crypto_random(void *bytes, size_t length)
{
    uint8_t *to = bytes;

    while (length > 0) {
        ssize_t got = getrandom(to, length, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            no_randomness();
        to += got;
        length -= (size_t)got;
    }
}

void crypto_random_text(char *text, size_t length)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    const unsigned count = sizeof(alphabet) - 1;
    const unsigned limit = 256 / count * count;
    uint8_t pool[64] = {0};
    size_t done = 0;

    while (done < length) {
        ssize_t got = getrandom(pool, sizeof(pool), 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            no_randomness();
        for (size_t i = 0; i < (size_t)got && done < length; i++)
            if (pool[i] < limit)
                text[done++] = alphabet[pool[i] % count];
    }
    text[done] = '\0';
    mem_wipe(pool, sizeof(pool));
}

bool crypto_equal(const void *a, const void *b, size_t length)
{
    return CRYPTO_memcmp(a, b, length) == 0;
}
