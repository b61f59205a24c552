/* SPDX-License-Identifier: MIT */
#include "pritunl/admin.h"

#include <check.h>
#include <string.h>

#include "base/mem.h"

Suite *password_suite(void);

static const uint8_t salt[PASSWORD_SALT_SIZE] = {1, 2, 3, 4, 5, 6, 7, 8};

/*
 * By Python's hashlib and base64: d = sha512(password[:128].encode() + salt).digest(), then d = sha512(d).digest() 100,000 times.
 */
static const struct {
    const char *password;
    const char *hash;
} rows[] = {
    {"pritunl",
     "3$AQIDBAUGBwg=$FjnsZr4BVn519muhoT/WpQ7hImjhhBRcQJxucRM/f/0IovXb1ZUAqr9jxVhA/5/Tg0s3NELLiW1SC4JGrxxTkw=="},
    {"",
     "3$AQIDBAUGBwg=$rzjhMYyQST7/mxT9nzQaiBsr5HBn/GEXC9nDb8A61qWCA+gInEdn+fxKTdmnkKY4HclRnuhBExdOFG+baw5jFA=="},
    {"p\303\244ss \345\257\206\347\240\201 \360\237\227\235",
     "3$AQIDBAUGBwg=$FmSZzfuu4TbLDsgMNwMv304IPBngHJTu8HQWFQyg4PbnY22Y7MzkxlYPjZowmEaSD1YtOIe8ZDkujf9yAqkrGA=="}};

/* Of 128 and of 127 times U+00E9. */
static const char of_128[] =
    "3$AQIDBAUGBwg=$cM0zQrxS6sd2RszDLNyuhY11D1ZrLnEk03BQtz5PkoFGo2A7ScxKKdDJ8aBDVfe7orRSiluUFAodtMDz5mNNOw==";
static const char of_127[] =
    "3$AQIDBAUGBwg=$Z0lvtD1gBLydYEGgmn6H5wdkloapNlQwdrKofqZ4kMRKD2tgf9i9hNbRDW2GVgIyHPcWLf6hLLlV24iJAhiH3w==";

static void expect(const char *password, const char *hash)
{
    char *made = password_hash_with(password, salt);

    ck_assert_str_eq(made, hash);
    mem_free(made);
}

START_TEST(test_values)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        expect(rows[i].password, rows[i].hash);
}
END_TEST

START_TEST(test_no_more_than_128_characters)
{
    char text[2 * 130 + 1];

    for (size_t i = 0; i < 130; i++)
        memcpy(text + 2 * i, "\303\251", 2);
    text[sizeof(text) - 1] = '\0';
    expect(text, of_128);
    text[2 * 129] = '\0';
    expect(text, of_128);
    text[2 * 128] = '\0';
    expect(text, of_128);
    text[2 * 127] = '\0';
    expect(text, of_127);
}
END_TEST

START_TEST(test_salted)
{
    char *one = password_hash("the same");
    char *two = password_hash("the same");

    ck_assert_uint_eq(strlen(one), strlen("3$") + 12 + 1 + 88);
    ck_assert_str_ne(one, two);
    mem_free(one);
    mem_free(two);
}
END_TEST

Suite *password_suite(void)
{
    Suite *suite = suite_create("password");
    TCase *tests = tcase_create("password");

    tcase_add_test(tests, test_values);
    tcase_add_test(tests, test_no_more_than_128_characters);
    tcase_add_test(tests, test_salted);
    suite_add_tcase(suite, tests);
    return suite;
}
