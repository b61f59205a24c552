/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <string.h>

#include "base/mem.h"
#include "io/json_list.h"

Suite *json_list_suite(void);

#define ELEMENT_MAX 40

static struct buf seen;
static size_t wanted; /* so many elements, and no more */

static bool take(void *context, const struct json *element)
{
    ck_assert_ptr_eq(context, &seen);
    if (wanted-- == 0)
        return false;
    buf_add_text(&seen, "|");
    json_write(element, 0, &seen);
    return true;
}

/* In pieces of this size; what was seen of it, and " whole" where it came to its end. */
static char *read_pieces(const char *text, size_t length, size_t size)
{
    struct json_list list;
    bool good = true;

    seen = (struct buf)BUF_EMPTY(BUF_MAX);
    json_list_begin(&list, ELEMENT_MAX, take, &seen);
    for (size_t at = 0; good && at < length; at += size)
        good = json_list_add(&list, text + at, size < length - at ? size : length - at);
    buf_add_text(&seen, !good ? " refused" : json_list_is_whole(&list) ? " whole" : " not whole");
    json_list_free(&list);
    return buf_take(&seen);
}

static const struct {
    const char *text;
    const char *expected;
} rows[] = {
    {"[]", " whole"},
    {" \r\n\t[ \n ] \n", " whole"},
    {"[1]", "|1 whole"},
    {"[1 , \"a\" ,null]", "|1|\"a\"|null whole"},
    {"[{\"a\": [1, {\"b\": \"]\"}]}, [], {}]", "|{\"a\": [1, {\"b\": \"]\"}]}|[]|{} whole"},
    {"[\"\\\"\", \"\\\\\", \"\\\\\\\",\"]", "|\"\\\"\"|\"\\\\\"|\"\\\\\\\",\" whole"},
    {"", " not whole"},
    {"[", " not whole"},
    {"[1, 2", "|1 not whole"},
    {"[1,", "|1 not whole"},
    {"[\"]", " not whole"},
    {"[{]", " not whole"},
    {"{}", " refused"},
    {"1", " refused"},
    {"[1,]", "|1 refused"},
    {"[,1]", " refused"},
    {"[1}]", " refused"},
    {"[{]}]", " refused"},
    {"[{\"a\": 1, \"a\": 2}]", " refused"},
    {"[\"\xff\"]", " refused"},
    {"[1] 2", "|1 refused"},
    {"[1]]", "|1 refused"},
    {"[1 2]", " refused"},
    {"[\"34567890123456789012345678901234567890\"]",
     "|\"34567890123456789012345678901234567890\" whole"},
    {"[\"345678901234567890123456789012345678901\"]", " refused"},
    {"[1, 2, 3, 4]", "|1|2|3 refused"},
};

/* However it is cut. */
START_TEST(test_pieces)
{
    const char *text = rows[_i].text;

    for (size_t size = 1; size <= strlen(text) + 1; size++) {
        char *found = NULL;

        wanted = 3;
        found = read_pieces(text, strlen(text), size);
        ck_assert_str_eq(found, rows[_i].expected);
        mem_free(found);
    }
}
END_TEST

START_TEST(test_a_zero)
{
    static const char text[] = "[1, \0 2]";
    char *found = NULL;

    wanted = 3;
    found = read_pieces(text, sizeof text - 1, 3);
    ck_assert_str_eq(found, "|1 refused");
    mem_free(found);
}
END_TEST

Suite *json_list_suite(void)
{
    Suite *suite = suite_create("json_list");
    TCase *tests = tcase_create("json_list");

    tcase_add_loop_test(tests, test_pieces, 0, (int)(sizeof rows / sizeof *rows));
    tcase_add_test(tests, test_a_zero);
    suite_add_tcase(suite, tests);
    return suite;
}
