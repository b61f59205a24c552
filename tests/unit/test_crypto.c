/* SPDX-License-Identifier: MIT */
#include "io/crypto.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

Suite *crypto_suite(void);

static void hex(const uint8_t *bytes, size_t length, char *text)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < length; i++) {
        text[2 * i] = digits[bytes[i] >> 4];
        text[2 * i + 1] = digits[bytes[i] & 15];
    }
    text[2 * length] = '\0';
}

struct vector {
    uint8_t key[131];
    size_t key_length;
    const char *data;
    size_t length;
    const char *digest;
};

#define TIMES_20(x) x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x
#define TEXT_50(x)                                                                                 \
    x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x  \
        x x x
#define TIMES_131(x)                                                                               \
    TIMES_20(x), TIMES_20(x), TIMES_20(x), TIMES_20(x), TIMES_20(x), TIMES_20(x), x, x, x, x, x,   \
        x, x, x, x, x, x

/* RFC 4231, sections 4.2 to 4.5, 4.7 and 4.8; the last one from `openssl dgst -sha256 -mac HMAC -macopt hexkey:`. */
static const struct vector vectors[] = {
    {{TIMES_20(0x0b)},
     20,
     "Hi There",
     8,
     "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
    {"Jefe", 4, "what do ya want for nothing?", 28,
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
    {{TIMES_20(0xaa)},
     20,
     TEXT_50("\xdd"),
     50,
     "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
    {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25},
     25,
     TEXT_50("\xcd"),
     50,
     "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
    {{TIMES_131(0xaa)},
     131,
     "Test Using Larger Than Block-Size Key - Hash Key First",
     54,
     "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
    {{TIMES_131(0xaa)},
     131,
     "This is a test using a larger than block-size key and a larger than block-size data. The key "
     "needs to be hashed before being used by the HMAC algorithm.",
     152,
     "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
    {{0}, 0, "", 0, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"},
};

START_TEST(test_hmac)
{
    const struct vector *vector = &vectors[_i];
    uint8_t digest[CRYPTO_SHA256_SIZE] = {0};
    char text[2 * CRYPTO_SHA256_SIZE + 1] = "";

    ck_assert(
        crypto_hmac_sha256(vector->key, vector->key_length, vector->data, vector->length, digest));
    hex(digest, sizeof(digest), text);
    ck_assert_str_eq(text, vector->digest);
}
END_TEST

/* FIPS 180-2, appendix B.1 and B.2. */
START_TEST(test_sha256)
{
    uint8_t digest[CRYPTO_SHA256_SIZE] = {0};
    char text[2 * CRYPTO_SHA256_SIZE + 1] = "";

    ck_assert(crypto_sha256("abc", 3, digest));
    hex(digest, sizeof(digest), text);
    ck_assert_str_eq(text, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    ck_assert(
        crypto_sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56, digest));
    hex(digest, sizeof(digest), text);
    ck_assert_str_eq(text, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}
END_TEST

static void encodes(const void *bytes, size_t length, const char *expected)
{
    char *text = crypto_base64(bytes, length);

    ck_assert_str_eq(text, expected);
    mem_free(text);
}

/* RFC 4648, section 10, and the two letters that tell the alphabets apart. */
START_TEST(test_base64)
{
    encodes("", 0, "");
    encodes("f", 1, "Zg==");
    encodes("fo", 2, "Zm8=");
    encodes("foo", 3, "Zm9v");
    encodes("foob", 4, "Zm9vYg==");
    encodes("fooba", 5, "Zm9vYmE=");
    encodes("foobar", 6, "Zm9vYmFy");
    encodes("\xfb\xff\xfe", 3, "+//+");
    encodes("\0\0", 2, "AAA=");
}
END_TEST

/* Longer than one piece of the encoder: no line ends, no padding inside. */
START_TEST(test_base64_long)
{
    size_t length = (size_t)4 * 1024 * 1024;
    char *zeros = mem_zero(length, 1);
    char *text = crypto_base64(zeros, length);

    ck_assert_uint_eq(strlen(text), (length + 2) / 3 * 4);
    ck_assert_uint_eq(strspn(text, "A"), (length + 2) / 3 * 4 - 2);
    ck_assert_str_eq(text + strspn(text, "A"), "==");
    mem_free(text);
    mem_free(zeros);
}
END_TEST

/* 62 letters over 62,000 draws: chi-square with 61 degrees of freedom is above 150 once in 10^8 runs, and a modulo bias
 * (the first 8 letters a quarter more often) makes it about 430. */
START_TEST(test_random_even)
{
    static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    enum { DRAWS = 62000 };
    char *text = mem_alloc(DRAWS + 1);
    unsigned seen[256] = {0};
    double chi = 0;

    crypto_random_text(text, DRAWS);
    ck_assert_uint_eq(strlen(text), DRAWS);
    ck_assert_uint_eq(strspn(text, alphabet), DRAWS);
    for (size_t i = 0; i < DRAWS; i++)
        seen[(uint8_t)text[i]]++;
    for (const char *c = alphabet; *c != '\0'; c++) {
        double off = (double)seen[(uint8_t)*c] - 1000.0;
        chi += off * off / 1000.0;
    }
    ck_assert_double_lt(chi, 150.0);
    ck_assert_double_gt(chi, 10.0);
    mem_free(text);
}
END_TEST

START_TEST(test_random_length)
{
    char text[40];
    char other[33];

    for (size_t length = 0; length <= 33; length++) {
        memset(text, '!', sizeof(text));
        crypto_random_text(text, length);
        ck_assert_uint_eq(strlen(text), length);
        ck_assert_int_eq(text[length + 1], '!');
    }
    crypto_random_text(text, 32);
    crypto_random_text(other, 32);
    ck_assert_str_ne(text, other);
}
END_TEST

START_TEST(test_equal)
{
    ck_assert(crypto_equal("abc", "abc", 3));
    ck_assert(crypto_equal("abx", "aby", 2));
    ck_assert(crypto_equal("a", "b", 0));
    ck_assert(!crypto_equal("abc", "abd", 3));
    ck_assert(!crypto_equal("\0a", "\0b", 2));
}
END_TEST

Suite *crypto_suite(void)
{
    Suite *suite = suite_create("crypto");
    TCase *sums = tcase_create("sums");
    TCase *random = tcase_create("random");

    tcase_add_loop_test(sums, test_hmac, 0, (int)(sizeof(vectors) / sizeof(*vectors)));
    tcase_add_test(sums, test_sha256);
    tcase_add_test(sums, test_base64);
    tcase_add_test(sums, test_base64_long);
    tcase_add_test(sums, test_equal);
    suite_add_tcase(suite, sums);
    tcase_add_test(random, test_random_even);
    tcase_add_test(random, test_random_length);
    suite_add_tcase(suite, random);
    return suite;
}
