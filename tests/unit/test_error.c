/* SPDX-License-Identifier: MIT */
#include "base/error.h"

#include <check.h>
#include <string.h>

Suite *error_suite(void);

START_TEST(test_status_and_name)
{
    /* The manual's table. */
    static const struct {
        enum error_kind kind;
        int status;
        const char *name;
    } rows[] = {
        {ERROR_REFUSED, 1, "refused"},     {ERROR_USAGE, 2, "usage"},
        {ERROR_DATABASE, 3, "database"},   {ERROR_NOT_FOUND, 4, "not-found"},
        {ERROR_AMBIGUOUS, 4, "ambiguous"}, {ERROR_API, 5, "api"},
        {ERROR_UNUSABLE, 6, "unusable"},   {ERROR_OUTPUT, 7, "output"},
        {ERROR_FORMAT, 7, "format"},       {ERROR_CONFLICT, 8, "conflict"},
        {ERROR_WAIT, 9, "wait"},
    };
    struct error error = {0};

    ck_assert_uint_eq(sizeof(rows) / sizeof(rows[0]), ERROR_KIND_COUNT - 1);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ck_assert_int_eq(error_status(rows[i].kind), rows[i].status);
        ck_assert(!error_set(&error, rows[i].kind, "x"));
        ck_assert_int_eq(error.kind, rows[i].kind);
        ck_assert_str_eq(error_kind_name(error.kind), rows[i].name);
    }
    ck_assert_int_eq(error_status(ERROR_NONE), 0);
}
END_TEST

START_TEST(test_set_clears)
{
    struct error error = {0};

    ck_assert(!error_set(&error, ERROR_API, "%s: %d", "code", 500));
    ck_assert(!error_blame(&error, CAUSE_SERVER_ERROR));
    ck_assert(!error_try(&error, "pritunl-access %s", "doctor"));
    ck_assert_str_eq(error.text, "code: 500");
    ck_assert_str_eq(error.attempt, "pritunl-access doctor");
    ck_assert_int_eq(error.cause, CAUSE_SERVER_ERROR);
    ck_assert_int_eq(error.kind, ERROR_API);
    error_set(&error, ERROR_USAGE, "other");
    ck_assert_str_eq(error.attempt, "");
    ck_assert_int_eq(error.cause, CAUSE_NONE);
    ck_assert_str_eq(error_kind_name(error.kind), "usage");
}
END_TEST

START_TEST(test_printable)
{
    struct error error = {0};

    error_set(&error, ERROR_USAGE, "%s",
              "a\033[31mb\nc\r\t\x7f d\xc2\x9b"
              "e\xff\xfe\xe2\x80\xaeé");
    ck_assert_str_eq(error.text, "a?[31mb?c???"
                                 " d?e???é");
    error_try(&error, "chmod %s", "x\n\033]0;title\007");
    ck_assert_str_eq(error.attempt, "chmod x??]0;title?");
}
END_TEST

START_TEST(test_cut)
{
    struct error error = {0};
    char text[3000] = "";

    memset(text, 'x', sizeof(text) - 1);
    error_set(&error, ERROR_USAGE, "%s", text);
    ck_assert_uint_eq(strlen(error.text), sizeof(error.text) - 1);
    error_try(&error, "%s", text);
    ck_assert_uint_eq(strlen(error.attempt), sizeof(error.attempt) - 1);
    ck_assert_uint_eq(strspn(error.attempt, "x"), sizeof(error.attempt) - 1);
}
END_TEST

/* A character of three bytes at the cut goes as a whole, wherever the cut is in it. */
START_TEST(test_cut_inside_character)
{
    struct error error = {0};
    char text[3000] = "";
    size_t length = (size_t)_i;

    memset(text, 'x', length);
    while (length + 3 < sizeof(text)) {
        memcpy(text + length, "€", 3);
        length += 3;
    }
    error_set(&error, ERROR_USAGE, "%s", text);
    ck_assert_ptr_null(strchr(error.text, '?'));
    ck_assert_uint_eq(strlen(error.text), (size_t)_i + (1023 - (size_t)_i) / 3 * 3);
}
END_TEST

START_TEST(test_broken_end_is_no_cut)
{
    struct error error = {0};

    error_set(&error, ERROR_USAGE, "%s", "ab\xe2\x82");
    ck_assert_str_eq(error.text, "ab??");
}
END_TEST

START_TEST(test_around_itself)
{
    struct error error = {0};

    error_set(&error, ERROR_DATABASE, "inner");
    error_set(&error, ERROR_USAGE, "outer: %s", error.text);
    ck_assert_str_eq(error.text, "outer: inner");
}
END_TEST

Suite *error_suite(void)
{
    Suite *suite = suite_create("error");
    TCase *tests = tcase_create("error");

    tcase_add_test(tests, test_status_and_name);
    tcase_add_test(tests, test_set_clears);
    tcase_add_test(tests, test_printable);
    tcase_add_test(tests, test_cut);
    tcase_add_loop_test(tests, test_cut_inside_character, 0, 6);
    tcase_add_test(tests, test_broken_end_is_no_cut);
    tcase_add_test(tests, test_around_itself);
    suite_add_tcase(suite, tests);
    return suite;
}
