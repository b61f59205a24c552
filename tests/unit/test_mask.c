/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <string.h>

#include "api/request.h"
#include "pritunl/mask.h"

Suite *mask_suite(void);

START_TEST(test_mask)
{
    static const char text[] =
        "{\"username\": \"a\", \"Token\": \"t\", \"auth_api\": true, \"otp_secret\": null, "
        "\"pin\": 7, \"keys\": [{\"server_key\": {\"a\": \"b\", \"c\": \"\"}}], \"port\": 1}";
    static const char masked[] =
        "{\"username\": \"a\", \"Token\": \"********\", \"auth_api\": true, \"otp_secret\": null, "
        "\"pin\": \"********\", \"keys\": [{\"server_key\": {\"a\": \"********\", \"c\": \"\"}}], \"port\": 1}";
    static const char *const secret[] = {"token",     "auth_secret", "AWS_ACCESS_KEY",
                                         "redis_uri", "license",     "key"};
    static const char *const open[] = {"name",       "license_plan", "public_key",
                                       "yubikey_id", "server_cert",  "keys"};
    struct error error;
    struct buf out = BUF_EMPTY(BUF_MAX);
    struct json *value = json_parse(text, strlen(text), "text", &error);
    struct json *copy = mask_copy(value);

    ck_assert(json_write(copy, 0, &out));
    ck_assert_str_eq(buf_text(&out), masked);
    for (size_t i = 0; i < sizeof secret / sizeof *secret; i++)
        ck_assert_msg(mask_is_secret(secret[i]), "%s", secret[i]);
    for (size_t i = 0; i < sizeof open / sizeof *open; i++)
        ck_assert_msg(!mask_is_secret(open[i]), "%s", open[i]);
    json_free(copy);
    json_free(value);
    buf_free(&out);
}
END_TEST

/* Better one too many: a name longer than any that Pritunl has is taken for a secret's. */
START_TEST(test_long_name)
{
    char name[130];

    memset(name, 'a', sizeof name);
    name[128] = '\0';
    ck_assert(!mask_is_secret(name) && !mask_is_secret(""));
    name[128] = 'a';
    name[129] = '\0';
    ck_assert(mask_is_secret(name));
}
END_TEST

/* A value that is no object or list has no name to be judged by. */
START_TEST(test_bare)
{
    static const char *const texts[] = {"\"token\"", "7",  "1.5", "true",
                                        "null",      "[]", "{}",  "[1, \"a\"]"};
    struct error error;

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct buf out = BUF_EMPTY(BUF_MAX);
        struct json *value = json_parse(texts[i], strlen(texts[i]), "text", &error);
        struct json *copy = mask_copy(value);

        ck_assert(json_write(copy, 0, &out));
        ck_assert_str_eq(buf_text(&out), texts[i]);
        json_free(copy);
        json_free(value);
        buf_free(&out);
    }
}
END_TEST

START_TEST(test_paths)
{
    static const struct {
        const char *path;
        bool applies;
    } rows[] = {
        {"/settings", true},     {"/admin", true},      {"/admin/5f1e", true},
        {"/settings?a=b", true}, {"/%73ettings", true}, {"/user/5f1e", true},
        {"/organization", true}, {"/link/5f1e", true},  {"/status", false},
        {"/server", false},      {"/", false},          {"/administrator", false},
        {"/x/settings", false},
    };
    struct request_path path;
    struct error error;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ck_assert(request_path(rows[i].path, &path, &error));
        ck_assert_msg(request_path_tells_secrets(&path) == rows[i].applies, "%s", rows[i].path);
        request_path_clear(&path);
    }
}
END_TEST

Suite *mask_suite(void)
{
    Suite *suite = suite_create("mask");
    TCase *tests = tcase_create("mask");

    tcase_add_test(tests, test_mask);
    tcase_add_test(tests, test_long_name);
    tcase_add_test(tests, test_bare);
    tcase_add_test(tests, test_paths);
    suite_add_tcase(suite, tests);
    return suite;
}
