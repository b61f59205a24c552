/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <string.h>

#include "pritunl/mask.h"
#include "pritunl/networks.h"
#include "pritunl/request.h"

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

static const struct {
    const char *text;
    const char *network; /* NULL: none */
} networks[] = {
    {"10.0.0.0/8", "10.0.0.0/8"},
    {"10.1.2.3", "10.1.2.3/32"},
    {"10.1.255.3/17", "10.1.128.0/17"},
    {"0.0.0.0/0", "0.0.0.0/0"},
    {"1.2.3.4/0", "0.0.0.0/0"},
    {"2001:DB8::1", "2001:db8::1/128"},
    {"ffff::ffff/9", "ff80::/9"},
    {"::/0", "::/0"},
    {"10.0.0.0/33", NULL},
    {"10.0.0.0/", NULL},
    {"10.0.0/8", NULL},
    {"", NULL},
    {"/8", NULL},
    {"::/129", NULL},
    {"10.0.0.0/8 ", NULL},
    {"10.0.0.0/255.0.0.0", NULL},
    {"1111:2222:3333:4444:5555:6666:7777:8888:9999:0000:1111:2222/1", NULL},
};

START_TEST(test_network)
{
    char network[NETWORK_TEXT_SIZE];
    bool taken = network_normalise(networks[_i].text, network);

    ck_assert_int_eq(taken, networks[_i].network != NULL);
    if (taken)
        ck_assert_str_eq(network, networks[_i].network);
}
END_TEST

START_TEST(test_unique)
{
    static const char *const given[] = {"c", "a", "c", "b", "a", "c"};
    struct networks set = {0};

    for (size_t i = 0; i < sizeof given / sizeof *given; i++)
        networks_add(&set, given[i]);
    networks_unique(&set);
    ck_assert_uint_eq(set.count, 3);
    ck_assert_str_eq(set.items[0], "c");
    ck_assert_str_eq(set.items[1], "a");
    ck_assert_str_eq(set.items[2], "b");
    networks_sort(&set);
    ck_assert(networks_has(&set, "a") && networks_has(&set, "c") && !networks_has(&set, "d"));
    networks_clear(&set);
    networks_unique(&set);
    ck_assert(!networks_has(&set, "a"));
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
    tcase_add_test(tests, test_mask);
    tcase_add_loop_test(tests, test_network, 0, (int)(sizeof networks / sizeof *networks));
    tcase_add_test(tests, test_unique);
    suite_add_tcase(suite, tests);
    return suite;
}
