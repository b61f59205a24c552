/* SPDX-License-Identifier: MIT */
#include "io/json.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

Suite *json_suite(void);

static struct json *parse(const char *text)
{
    struct error error = {0};
    struct json *value = json_parse(text, strlen(text), "text", &error);

    ck_assert_msg(value != NULL, "%s: %s", text, error.text);
    return value;
}

static void expect_written(const struct json *value, unsigned indent, const char *text)
{
    struct buf out = BUF_EMPTY(BUF_MAX);

    ck_assert(json_write(value, indent, &out));
    ck_assert_str_eq(buf_text(&out), text);
    buf_free(&out);
}

START_TEST(test_types)
{
    struct json *value = parse("{\"$oid\": \"a\", \"n\": null, \"b\": true, \"i\": -7, \"d\": 1.5, "
                               "\"t\": \"x\\u20ac\", \"l\": [1, [2]], \"m\": {}}");
    size_t length = 0;

    ck_assert_int_eq(json_type_of(value), JSON_MAP);
    ck_assert_uint_eq(json_count(value), 8);
    ck_assert_str_eq(json_text(json_get(value, "$oid"), NULL), "a");
    ck_assert_int_eq(json_type_of(json_get(value, "n")), JSON_NULL_VALUE);
    ck_assert_int_eq(json_type_of(json_get(value, "b")), JSON_BOOL);
    ck_assert(json_is_true(json_get(value, "b")));
    ck_assert_int_eq(json_type_of(json_get(value, "i")), JSON_INT);
    ck_assert_int_eq(json_int(json_get(value, "i"), 0), -7);
    ck_assert_int_eq(json_type_of(json_get(value, "d")), JSON_DOUBLE);
    ck_assert_int_eq(json_type_of(json_get(value, "t")), JSON_TEXT);
    ck_assert_str_eq(json_text(json_get(value, "t"), &length), "x€");
    ck_assert_uint_eq(length, 4);
    ck_assert_int_eq(json_type_of(json_get(value, "l")), JSON_LIST);
    ck_assert_uint_eq(json_count(json_get(value, "l")), 2);
    ck_assert_int_eq(json_int(json_at(json_at(json_get(value, "l"), 1), 0), 0), 2);
    ck_assert_int_eq(json_type_of(json_get(value, "m")), JSON_MAP);
    ck_assert_int_eq(json_type_of(json_get(value, "absent")), JSON_ABSENT);
    json_free(value);
}
END_TEST

/* Answers come from strangers: asking a value for what it is not must be harmless. */
START_TEST(test_wrong_types)
{
    struct json *list = parse("[false, \"1\", 1.0, 0]");
    size_t length = 9;

    ck_assert_ptr_null(json_get(list, "key"));
    ck_assert_ptr_null(json_get(NULL, "key"));
    ck_assert_ptr_null(json_get(json_at(list, 1), "key"));
    ck_assert_ptr_null(json_at(list, 4));
    ck_assert_ptr_null(json_at(NULL, 0));
    ck_assert_ptr_null(json_at(json_at(list, 0), 0));
    ck_assert_uint_eq(json_count(NULL), 0);
    ck_assert_uint_eq(json_count(json_at(list, 1)), 0);
    ck_assert_ptr_null(json_text(json_at(list, 0), &length));
    ck_assert_uint_eq(length, 0);
    ck_assert_ptr_null(json_text(NULL, NULL));
    ck_assert(!json_is_true(json_at(list, 0)));
    ck_assert(!json_is_true(json_at(list, 1)));
    ck_assert(!json_is_true(NULL));
    ck_assert_int_eq(json_int(json_at(list, 1), -1), -1);
    ck_assert_int_eq(json_int(json_at(list, 2), -1), -1);
    ck_assert_int_eq(json_int(NULL, -1), -1);
    json_free(list);
    json_free(NULL);
}
END_TEST

START_TEST(test_scalars)
{
    static const char *const texts[] = {"null", "true", "0", "\"text\"", " [] ", "\n{}\n"};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        json_free(parse(texts[i]));
}
END_TEST

START_TEST(test_integers)
{
    struct json *list = parse("[9223372036854775807, -9223372036854775808, 9007199254740993]");

    ck_assert_int_eq(json_int(json_at(list, 0), 0), INT64_MAX);
    ck_assert_int_eq(json_int(json_at(list, 1), 0), INT64_MIN);
    /* 2^53 + 1, which a double cannot hold */
    ck_assert_int_eq(json_int(json_at(list, 2), 0), 9007199254740993);
    json_free(list);
}
END_TEST

/* SECRET must not come back in any message. */
static const char *const refused[] = {
    "",
    " ",
    "SECRET",
    "{\"a\": \"SECRET",
    "{\"a\": SECRET}",
    "{\"a\": \"x\"} SECRET",
    "{} {}",
    "[1] 2",
    "{\"SECRET\": 1, \"b\": 2, \"SECRET\": 3}",
    "{\"a\": {\"SECRET\": 1, \"SECRET\": 1}}",
    "[9223372036854775808]",
    "[-9223372036854775809]",
    "[123456789012345678901234567890]",
    "[1e400]",
    "[01]",
    "[+1]",
    "[.5]",
    "[NaN]",
    "[Infinity]",
    "['SECRET']",
    "[\"SECRET\\u0000\"]",
    "{\"SECRET\\u0000\": 1}",
    "[\"SECRET\\ud800\"]",
    "[\"SECRET\xff\"]",
    "[\"SECRET\xc0\xaf\"]",
    "[\"SECRET\n\"]",
    "[\"SECRET\\x\"]",
    "[1,]",
    "{\"a\": 1,}",
    "{SECRET: 1}",
    "// SECRET\n{}",
    "\xef\xbb\xbf{}",
    "nul",
    "TRUE",
    "]",
};

START_TEST(test_refused)
{
    struct error error = {0};

    ck_assert_ptr_null(json_parse(refused[_i], strlen(refused[_i]), "file.json", &error));
    ck_assert_int_eq(error.kind, ERROR_USAGE);
    ck_assert_msg(strncmp(error.text, "file.json: line ", 16) == 0, "%s", error.text);
    ck_assert_ptr_nonnull(strstr(error.text, ", column "));
    ck_assert_ptr_null(strstr(error.text, "SECRET"));
}
END_TEST

START_TEST(test_refused_place)
{
    static const char text[] = "{\n  \"a\": 1,\n  \"b\": x\n}";
    struct error error = {0};

    ck_assert_ptr_null(json_parse(text, strlen(text), "f", &error));
    ck_assert_ptr_nonnull(strstr(error.text, "line 3, column 8"));
}
END_TEST

START_TEST(test_nul_bytes)
{
    struct error error = {0};

    ck_assert_ptr_null(json_parse("[\"a\0b\"]", 7, "f", &error));
    ck_assert_ptr_null(json_parse("[1]\0", 4, "f", &error));
    ck_assert_ptr_null(json_parse(NULL, 0, "f", &error));
    /* Only length bytes are looked at. */
    struct json *value = json_parse("[1]]]]", 3, "f", &error);
    ck_assert_uint_eq(json_count(value), 1);
    json_free(value);
}
END_TEST

START_TEST(test_depth)
{
    size_t depth = 100000;
    char *text = mem_alloc(depth + 1);
    struct error error = {0};

    memset(text, '[', depth);
    ck_assert_ptr_null(json_parse(text, depth, "deep", &error));
    ck_assert_int_eq(error.kind, ERROR_USAGE);
    ck_assert_ptr_nonnull(strstr(error.text, "nested too deeply"));
    memset(text, '[', 500);
    memset(text + 500, ']', 500);
    struct json *value = json_parse(text, 1000, "deep", &error);
    ck_assert_ptr_nonnull(value);
    json_free(value);
    mem_free(text);
}
END_TEST

START_TEST(test_build_and_write)
{
    struct json *object = json_make_object();
    struct json *list = json_make_array();

    json_put_text(object, "zebra", "é \"q\" \\ /");
    json_put_int(object, "int", INT64_MIN);
    json_put_bool(object, "yes", true);
    json_put_null(object, "nothing");
    json_put_text(object, "none", NULL);
    json_add(list, json_make_text("a"));
    json_add(list, json_make_text(NULL));
    json_add(list, NULL);
    json_put(object, "apple", list);
    json_put(object, "empty", NULL);
    expect_written(
        object, 0,
        "{\"zebra\": \"é \\\"q\\\" \\\\ /\", \"int\": -9223372036854775808, \"yes\": true, "
        "\"nothing\": null, \"none\": null, \"apple\": [\"a\", null, null], "
        "\"empty\": null}");
    /* Replaced where it stands. */
    json_put_text(object, "zebra", "z");
    json_put_bool(object, "int", false);
    json_put(object, "apple", json_make_array());
    expect_written(object, 0,
                   "{\"zebra\": \"z\", \"int\": false, \"yes\": true, \"nothing\": null, "
                   "\"none\": null, \"apple\": [], \"empty\": null}");
    json_free(object);
    object = parse("{\"a\":[1,{\"b\":2}]}");
    expect_written(object, 2, "{\n  \"a\": [\n    1,\n    {\n      \"b\": 2\n    }\n  ]\n}");
    json_free(object);
}
END_TEST

START_TEST(test_write_controls)
{
    struct json *text = json_make_text("a\033[m\n\t\x7f\xc2\x9b"
                                       "31m\xe2\x80\xae\xe2\x80\xa8é😀");
    struct buf out = BUF_EMPTY(BUF_MAX);
    struct error error = {0};

    /* Nothing that a terminal obeys, and the same text when it is read again. */
    expect_written(text, 0,
                   "\"a\\u001B[m\\n\\t\\u007F\\u009B"
                   "31m\\u202E\\u2028é😀\"");
    ck_assert(json_write(text, 0, &out));
    struct json *again = json_parse(out.data, out.length, "again", &error);
    ck_assert_str_eq(json_text(again, NULL), json_text(text, NULL));
    json_free(again);
    json_free(text);
    buf_free(&out);
}
END_TEST

START_TEST(test_not_utf8)
{
    struct json *object = json_make_object();

    json_put_text(object, "t",
                  "a\xff\xe2\x82"
                  "b\n");
    json_put(object, "s", json_make_text_sized("a\0b\x80", 4));
    json_put_text(object, "k\xff", "v");
    expect_written(object, 0, "{\"t\": \"a???b\\n\", \"s\": \"a\\u0000b?\", \"k?\": \"v\"}");
    json_free(object);
}
END_TEST

START_TEST(test_write_limit)
{
    struct json *object = parse("{\"key\": \"value\"}");
    struct buf small = BUF_EMPTY(10);
    struct buf exact = BUF_EMPTY(16);

    ck_assert(!json_write(object, 0, &small));
    ck_assert(json_write(object, 0, &exact));
    ck_assert_str_eq(buf_text(&exact), "{\"key\": \"value\"}");
    buf_free(&small);
    buf_free(&exact);
    json_free(object);
}
END_TEST

struct visit {
    char keys[32];
    int left;
};

static bool visit(void *context, const char *key, const struct json *value)
{
    struct visit *seen = context;
    size_t length = strlen(seen->keys);

    ck_assert_ptr_nonnull(value);
    snprintf(seen->keys + length, sizeof(seen->keys) - length, "%s ", key);
    return --seen->left > 0;
}

START_TEST(test_each)
{
    struct json *object = parse("{\"z\": 1, \"a\": 2, \"m\": 3, \"b\": 4}");
    struct visit all = {.left = 99};
    struct visit some = {.left = 2};

    ck_assert(json_each(object, visit, &all));
    ck_assert_str_eq(all.keys, "z a m b ");
    ck_assert(!json_each(object, visit, &some));
    ck_assert_str_eq(some.keys, "z a ");
    json_free(object);
}
END_TEST

/* What Python's json.loads makes of the text: the value of "u", or NULL where it refuses. */
static const struct {
    const char *text;
    const char *value;
} python[] = {
    {"{\"u\": \"a\", \"u\": \"b\"}", "b"},
    {"{\"u\": \"b\", \"x\": {\"a\": 1, \"a\": 2}}", "b"},
    {"{\"x\": NaN, \"y\": [Infinity, -Infinity], \"u\": \"b\"}", "b"},
    {"{\"x\": 123456789012345678901234567890, \"u\": \"b\"}", "b"},
    {"{\"x\": -123456789012345678901234567890.5e-3, \"u\": \"b\"}", "b"},
    {"{\"x\": 1e999, \"y\": 1E+9, \"u\": \"b\"}", "b"},
    {"{\"u\": \"NaN 1e999 123456789012345678901234567890\"}",
     "NaN 1e999 123456789012345678901234567890"},
    {"{\"a\\\"NaN\": 1, \"u\": \"b\\\\\", \"x\": NaN}", "b\\"},
    {" \t\r\n{\"u\": \"b\"} \n", "b"},
    {"{\"x\": 0.0, \"y\": -0, \"u\": \"b\"}", "b"},
    {"{\"x\": 01, \"u\": \"b\"}", NULL},
    {"{\"x\": 1., \"u\": \"b\"}", NULL},
    {"{\"x\": .5, \"u\": \"b\"}", NULL},
    {"{\"x\": +1, \"u\": \"b\"}", NULL},
    {"{\"x\": nan, \"u\": \"b\"}", NULL},
    {"{\"x\": NaNa, \"u\": \"b\"}", NULL},
    {"{\"x\": 1e, \"u\": \"b\"}", NULL},
    {"{\"x\": 1234567890123456789.1.2, \"u\": \"b\"}", NULL},
    {"{\"u\": \"b\",}", NULL},
    {"{'u': 'b'}", NULL},
    {"\xEF\xBB\xBF{\"u\": \"b\"}", NULL},
    {"{\"u\": \"a\nb\"}", NULL},
    {"", NULL},
};

START_TEST(test_python)
{
    struct error error = {0};
    struct json *json =
        json_parse_python(python[_i].text, strlen(python[_i].text), "the text", &error);

    if (python[_i].value == NULL) {
        ck_assert_ptr_null(json);
        ck_assert_int_eq(error.kind, ERROR_USAGE);
        ck_assert_ptr_nonnull(strstr(error.text, "the text"));
    } else {
        ck_assert_msg(json != NULL, "%s: %s", python[_i].text, error.text);
        ck_assert_str_eq(json_text(json_get(json, "u"), NULL), python[_i].value);
    }
    json_free(json);
}
END_TEST

Suite *json_suite(void)
{
    Suite *suite = suite_create("json");
    TCase *tests = tcase_create("json");

    tcase_add_loop_test(tests, test_python, 0, (int)(sizeof(python) / sizeof(python[0])));
    tcase_add_checked_fixture(tests, json_begin, NULL);
    tcase_add_test(tests, test_types);
    tcase_add_test(tests, test_wrong_types);
    tcase_add_test(tests, test_scalars);
    tcase_add_test(tests, test_integers);
    tcase_add_loop_test(tests, test_refused, 0, sizeof(refused) / sizeof(refused[0]));
    tcase_add_test(tests, test_refused_place);
    tcase_add_test(tests, test_nul_bytes);
    tcase_add_test(tests, test_depth);
    tcase_add_test(tests, test_build_and_write);
    tcase_add_test(tests, test_write_controls);
    tcase_add_test(tests, test_not_utf8);
    tcase_add_test(tests, test_write_limit);
    tcase_add_test(tests, test_each);
    suite_add_tcase(suite, tests);
    return suite;
}
