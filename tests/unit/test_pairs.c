/* SPDX-License-Identifier: MIT */
#include "format/pairs.h"

#include <check.h>
#include <string.h>

#include "base/mem.h"

Suite *pairs_suite(void);

/* In the order in which they came; the last of a name counts. */
START_TEST(test_pairs)
{
    struct pairs pairs = {0};

    ck_assert_ptr_null(pairs_get(&pairs, "A"));
    for (int i = 0; i < 100; i++)
        pairs_add(&pairs, i % 2 == 0 ? "ABC" : "B", i % 2 == 0 ? 2 : 1,
                  mem_text(i < 98 ? "old" : "new"));
    ck_assert_uint_eq(pairs.count, 100);
    ck_assert_str_eq(pairs.items[0].name, "AB");
    ck_assert_str_eq(pairs_get(&pairs, "AB"), "new");
    ck_assert_str_eq(pairs_get(&pairs, "B"), "new");
    ck_assert_ptr_null(pairs_get(&pairs, "ABC"));
    pairs_clear(&pairs);
    ck_assert_uint_eq(pairs.count, 0);
    pairs_clear(&pairs);
}
END_TEST

static bool step(char which, const char **at, const char **name, size_t *length, struct buf *value)
{
    switch (which) {
    case 't':
        return scan_text(at, "export ");
    case 'e':
        return scan_end(at);
    case 'n':
        return scan_name(at, name, length);
    case 'p':
        return scan_plain(at, value);
    case 'b':
        scan_blanks(at);
        return true;
    default:
        scan_empty(at, "#");
        return true;
    }
}

/* What each step leaves behind it; a step that finds nothing does not move. */
START_TEST(test_steps)
{
    static const struct {
        char step;
        const char *text;
        bool found;
        const char *rest;
    } rows[] = {
        {'t', "export X", true, "X"},
        {'t', "exports", false, "exports"},
        {'t', "exp", false, "exp"},
        {'b', " \t \nx", true, "\nx"},
        {'b', "x", true, "x"},
        {'e', "", true, ""},
        {'e', "\nx", true, "x"},
        {'e', " \t\r\nx", true, "x"},
        {'e', "\r", true, ""},
        {'e', "\rx", false, "\rx"},
        {'e', " x", false, " x"},
        {'e', "\n\nx", true, "\nx"},
        {'n', "_a1=", true, "="},
        {'n', "1a", false, "1a"},
        {'n', "", false, ""},
        {'n', "\xC3\x84", false, "\xC3\x84"},
        {'p', "a/b+c=\"", true, "\""},
        {'p', "'", false, "'"},
        {'p', "", false, ""},
        {'p', "\xC3\x84", false, "\xC3\x84"},
        {'#', "\n \n\t\r\nx", true, "x"},
        {'#', "# x\n  #y\r\nx", true, "x"},
        {'#', " x", true, " x"},
        {'#', "; x\nx", true, "; x\nx"},
        {'#', "# x", true, ""},
        {'#', "", true, ""},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *at = rows[i].text;
        const char *name = NULL;
        size_t length = 0;
        struct buf value = BUF_EMPTY(BUF_MAX);
        bool found = step(rows[i].step, &at, &name, &length, &value);

        ck_assert_msg(found == rows[i].found, "%c %s", rows[i].step, rows[i].text);
        ck_assert_str_eq(at, rows[i].rest);
        if (name != NULL)
            ck_assert_ptr_eq(name + length, at);
        ck_assert_uint_eq(value.length, rows[i].step == 'p' ? (size_t)(at - rows[i].text) : 0);
        buf_free(&value);
    }
}
END_TEST

START_TEST(test_plain)
{
    ck_assert(is_plain_text("AZaz09_./:@%+=,-"));
    ck_assert(is_plain_text(""));
    for (const char *p = " !\"#$&'()*;<>?[\\]^`{|}~\t\n\x7F"; *p != '\0'; p++)
        ck_assert_msg(!is_plain_text((char[]){'a', *p, '\0'}), "%c", *p);
    ck_assert(!is_plain_text("\xC3\x84"));
}
END_TEST

Suite *pairs_suite(void)
{
    Suite *suite = suite_create("pairs");
    TCase *tests = tcase_create("pairs");

    tcase_add_test(tests, test_pairs);
    tcase_add_test(tests, test_steps);
    tcase_add_test(tests, test_plain);
    suite_add_tcase(suite, tests);
    return suite;
}
