/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <string.h>

#include "api/request.h"

Suite *request_suite(void);

static const struct {
    const char *text;
    const char *target; /* NULL: refused */
    const char *decoded;
    bool trimmed;
} paths[] = {
    {"/status", "/status", "/status", false},
    {"/", "/", "/", false},
    {"/status/", "/status", "/status", true},
    {"/a/?b=c", "/a?b=c", "/a", true},
    {"/a?", "/a", "/a", false},
    {"/a b#c", "/a%20b%23c", "/a b#c", false},
    {"/a%20b%23c%2D", "/a%20b%23c-", "/a b#c-", false},
    {"/a?x=%2f y\x01#%", "/a?x=%2f%20y%01%23%25", "/a", false},
    {"//", NULL, NULL, false},
    {"", NULL, NULL, false},
    {"/a%2fb", NULL, NULL, false},
    {"/a%00b", NULL, NULL, false},
    {"/a%2", NULL, NULL, false},
    {"/%2e%2e/a", NULL, NULL, false},
    {"/a//", NULL, NULL, false},
    {"/a\xc3\xa9", NULL, NULL, false},
};

START_TEST(test_path)
{
    struct request_path path;
    struct error error = {0};
    bool taken = request_path(paths[_i].text, &path, &error);

    ck_assert_int_eq(taken, paths[_i].target != NULL);
    if (taken) {
        ck_assert_str_eq(path.target, paths[_i].target);
        ck_assert_str_eq(path.decoded, paths[_i].decoded);
        ck_assert_int_eq(path.trimmed, paths[_i].trimmed);
    } else {
        ck_assert_int_eq((int)error.kind, ERROR_USAGE);
    }
    request_path_clear(&path);
}
END_TEST

START_TEST(test_long)
{
    char text[REQUEST_PATH_MAX + 3];
    struct request_path path;
    struct error error;

    for (size_t i = 0; i < sizeof text - 1; i++)
        text[i] = i % 2 == 0 ? '/' : 'a';
    text[sizeof text - 1] = '\0';
    ck_assert(!request_path(text, &path, &error));
    text[REQUEST_PATH_MAX] = '\0';
    ck_assert_msg(request_path(text, &path, &error), "%s", error.text);
    ck_assert_uint_eq(request_path_depth(&path), REQUEST_PATH_MAX / 2);
    ck_assert(request_path_is(&path, "a") && !request_path_is(&path, ""));
    request_path_clear(&path);
}
END_TEST

START_TEST(test_query)
{
    struct request_path path;
    struct error error;

    ck_assert(request_path("/a", &path, &error));
    ck_assert(request_path_query(&path, "k=v=w&", &error) &&
              request_path_query(&path, "x=", &error));
    ck_assert_str_eq(path.target, "/a?k=v%3Dw%26&x=");
    ck_assert_str_eq(path.decoded, "/a");
    ck_assert(!request_path_query(&path, "x", &error) && !request_path_query(&path, "=x", &error));
    request_path_clear(&path);
}
END_TEST

START_TEST(test_method)
{
    char method[REQUEST_METHOD_SIZE];
    struct error error;

    ck_assert(request_method("get", method, &error));
    ck_assert_str_eq(method, "GET");
    ck_assert(!request_method("", method, &error) && !request_method("GET /", method, &error));
    ck_assert(!request_method("ABCDEFGHIJKLMNOP", method, &error));
}
END_TEST

Suite *request_suite(void)
{
    Suite *suite = suite_create("request");
    TCase *tests = tcase_create("request");

    tcase_add_loop_test(tests, test_path, 0, (int)(sizeof paths / sizeof *paths));
    tcase_add_test(tests, test_long);
    tcase_add_test(tests, test_query);
    tcase_add_test(tests, test_method);
    suite_add_tcase(suite, tests);
    return suite;
}
