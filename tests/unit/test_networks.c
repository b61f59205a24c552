/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "api/networks.h"

Suite *networks_suite(void);

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
    bool taken = network_normalise(networks[_i].text, network, NULL);

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

static void expect(struct networks *set, const char *const *expected, size_t count)
{
    ck_assert_uint_eq(set->count, count);
    for (size_t i = 0; i < count; i++)
        ck_assert_str_eq(set->items[i], expected[i]);
    networks_clear(set);
}

START_TEST(test_lines)
{
    static const char text[] =
        "\xef\xbb\xbf# all\n\n 10.0.0.1 \t# one\r\n10.2.0.0/8\n\t\n10.0.0.1/32\n::1\n::1/127";
    static const char *const expected[] = {"10.0.0.1/32", "10.0.0.0/8", "::1/128", "::/127"};
    static const char *const cut[] = {"10.2.0.0/8", "::1/127"};
    struct networks set = {0};
    struct networks cuts = {0};
    struct error error = {0};

    ck_assert_msg(networks_from_lines(text, &set, &cuts, &error), "%s", error.text);
    expect(&set, expected, 4);
    expect(&cuts, cut, 2);
}
END_TEST

START_TEST(test_bad_lines)
{
    static const struct {
        const char *text;
        const char *word;
    } rows[] = {
        {"", "no network"},
        {"# only\n\n", "no network"},
        {"10.0.0.0/8\nx", "line 2: x is"},
        {"\n\n10.0.0.0/8 11.0.0.0/8\n", "line 3"},
        {"\xef\xbb", "line 1"},
        {"10.0.0.0/8,", "line 1"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct networks set = {0};
        struct networks cuts = {0};
        struct error error = {0};

        ck_assert(!networks_from_lines(rows[i].text, &set, &cuts, &error));
        ck_assert_int_eq((int)error.kind, ERROR_USAGE);
        ck_assert_msg(strstr(error.text, rows[i].word) != NULL, "%s", error.text);
        networks_clear(&set);
    }
}
END_TEST

START_TEST(test_too_many)
{
    struct networks set = {0};
    struct networks cuts = {0};
    struct error error = {0};
    struct buf text = BUF_EMPTY(BUF_MAX);

    for (unsigned i = 0; i < NETWORKS_MAX; i++)
        buf_add_format(&text, "10.%u.%u.%u\n", i >> 16, i >> 8 & 255, i & 255);
    ck_assert(networks_from_lines(buf_text(&text), &set, &cuts, &error));
    ck_assert_uint_eq(set.count, NETWORKS_MAX);
    networks_clear(&set);
    buf_add_text(&text, "10.0.0.0\n11.0.0.0\n"); /* one again, and one more */
    ck_assert(!networks_from_lines(buf_text(&text), &set, &cuts, &error));
    networks_clear(&set);
    buf_free(&text);
}
END_TEST

static bool from_aws(const char *text, const char *region, struct networks *set,
                     struct error *error)
{
    char first[32];
    char *regions[] = {first, (char[]){"eu-1"}};
    struct json *json = json_parse(text, strlen(text), "ranges", error);
    bool done = false;

    snprintf(first, sizeof first, "%s", region);
    done = networks_from_aws(json, regions, 2, set, error);
    json_free(json);
    return done;
}

START_TEST(test_aws)
{
    static const char text[] =
        "{\"prefixes\": [{\"ip_prefix\": \"3.0.0.0/15\", \"region\": \"eu-1\"}, {\"ip_prefix\": "
        "\"4.0.0.0/15\", \"region\": \"us-1\"}, {\"ip_prefix\": \"3.0.0.0/15\", \"region\": \"eu-1\"}, "
        "{\"region\": \"mars\", \"ip_prefix\": 7}, {\"ip_prefix\": \"5.0.0.0/15\"}, 7], "
        "\"ipv6_prefixes\": [{\"ipv6_prefix\": \"2A05::/24\", \"region\": \"only-6\"}]}";
    static const char *const expected[] = {"3.0.0.0/15", "2a05::/24"};
    static const struct {
        const char *text;
        const char *region;
        const char *word;
    } rows[] = {
        {text, "eu", "nothing for eu"},
        {text, "mars", "is not what AWS publishes"},
        {"{}", "eu-1", "is not what AWS publishes"},
        {"[]", "eu-1", "is not what AWS publishes"},
        {"{\"prefixes\": {}}", "eu-1", "is not what AWS publishes"},
        {"{\"prefixes\": []}", "eu-1", "nothing for eu-1"},
    };
    struct networks set = {0};
    struct error error = {0};

    ck_assert_msg(from_aws(text, "only-6", &set, &error), "%s", error.text);
    expect(&set, expected, 2);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ck_assert(!from_aws(rows[i].text, rows[i].region, &set, &error));
        ck_assert_int_eq((int)error.kind, ERROR_USAGE);
        ck_assert_msg(strstr(error.text, rows[i].word) != NULL, "%s", error.text);
        networks_clear(&set);
    }
}
END_TEST

Suite *networks_suite(void)
{
    Suite *suite = suite_create("networks");
    TCase *tests = tcase_create("networks");

    tcase_add_loop_test(tests, test_network, 0, (int)(sizeof networks / sizeof *networks));
    tcase_add_test(tests, test_unique);
    tcase_add_test(tests, test_lines);
    tcase_add_test(tests, test_bad_lines);
    tcase_add_test(tests, test_too_many);
    tcase_add_test(tests, test_aws);
    suite_add_tcase(suite, tests);
    return suite;
}
