/* SPDX-License-Identifier: MIT */
#include "pritunl/record.h"

#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"

Suite *record_suite(void);

#define PLACE "pritunl/"

static char place[] = "/tmp/pritunl-access-record-XXXXXX";

static void make_place(void)
{
    memcpy(place + strlen(place) - 6, "XXXXXX", 6);
    ck_assert_ptr_nonnull(mkdtemp(place));
    setenv("STATE_DIRECTORY", place, 1);
}

static void remove_place(void)
{
    DIR *directory = opendir(place);
    struct dirent *entry = NULL;

    while (directory != NULL && (entry = readdir(directory)) != NULL)
        unlinkat(dirfd(directory), entry->d_name, 0);
    if (directory != NULL)
        closedir(directory);
    rmdir(place);
}

/* A change of "a" from the given JSON value to true, recorded; its id. */
static char *save(const char *value, struct error *error)
{
    char *json = text_format("{\"_id\": {\"$oid\": \"%024d\"}, \"a\": %s, \"p\": 1}", 1, value);
    struct db_document *before = db_document_from_json(json, error);
    struct change *change = change_new("enable", "somebody", before);
    char *id = NULL;

    change_set(change, "a", db_bool(true));
    change_pin(change, "p");
    record_save(change, PLACE, &id, error);
    change_free(change);
    db_document_free(before);
    mem_free(json);
    return id;
}

START_TEST(test_comes_back_as_it_was)
{
    static const char *const values[] = {
        "null",
        "1",
        "{\"$numberLong\": \"1\"}",
        "{\"$numberDouble\": \"1.0\"}",
        "\"false\"",
        "\"k\\u00e4se \\ud83d\\udd11 \\u0000 \\\" \\\\\"",
        "[1, [null]]",
        "{\"b\": {\"c\": []}}",
        "[]",
        "{}",
        "{\"$binary\": {\"base64\": \"AAEC\", \"subType\": \"05\"}}",
        "{\"$date\": {\"$numberLong\": \"-1\"}}",
        "{\"$numberDecimal\": \"1E+3\"}",
        "{\"$numberDouble\": \"NaN\"}",
        "{\"$numberDouble\": \"-0.0\"}",
        "{\"$minKey\": 1}"};

    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        char *json = text_format("{\"a\": %s}", values[i]);
        struct error error = {0};
        struct db_document *expected = db_document_from_json(json, &error);
        char *id = save(values[i], &error);
        struct record *records = NULL;
        size_t count = 0;
        struct db_value want = db_field(expected, "a");
        struct db_value got = {0};

        ck_assert_msg(id != NULL, "%s: %s", values[i], error.text);
        ck_assert(record_list(PLACE, &records, &count, &error));
        ck_assert_uint_eq(count, 1);
        got = db_field(records[0].change->before, "a");
        ck_assert_msg(db_value_equal(&want, &got), "%s", values[i]);
        ck_assert(db_field(records[0].change->after, "a").boolean);
        ck_assert_int_eq(db_field(records[0].change->before, "p").type, DB_ABSENT);
        ck_assert_uint_eq(records[0].change->count, 1);
        ck_assert_str_eq(records[0].id, id);
        ck_assert_str_eq(records[0].command, "enable");
        ck_assert(record_purge(records, 1, &count, &error));
        ck_assert_uint_eq(count, 1);
        ck_assert(record_purge(records, 1, &count, &error));
        ck_assert_uint_eq(count, 0);
        record_list_free(records, 1);
        db_document_free(expected);
        mem_free(id);
        mem_free(json);
    }
}
END_TEST

START_TEST(test_files_are_private_and_sorted)
{
    struct error error = {0};
    struct record *records = NULL;
    struct stat info;
    size_t count = 0;
    char *ids[3] = {save("null", &error), save("1", &error), save("2", &error)};

    ck_assert(record_list(PLACE, &records, &count, &error));
    ck_assert_uint_eq(count, 3);
    for (size_t i = 0; i < count; i++) {
        ck_assert_int_eq(stat(records[i].path, &info), 0);
        ck_assert_int_eq(info.st_mode & 0777, 0600);
        ck_assert(i == 0 || records[i].time_ms >= records[i - 1].time_ms);
    }
    for (size_t i = 0; i < 3; i++) {
        ck_assert_ptr_nonnull(ids[i]);
        mem_free(ids[i]);
    }
    record_list_free(records, count);
    ck_assert(record_list("other/", &records, &count, &error));
    ck_assert_uint_eq(count, 0);
    record_list_free(records, count);
}
END_TEST

START_TEST(test_what_cannot_be_carried_is_refused)
{
    struct error error = {0};
    struct db_builder *inner = db_build();
    struct db_builder *outer = db_build();
    struct db_document *before = NULL;
    struct change *change = NULL;
    char *id = NULL;

    db_build_add(inner, "$oid", db_text("000000000000000000000000"));
    db_build_add(outer, "_id", db_int(1));
    db_build_add(outer, "a", db_build_value(inner));
    before = db_document_new(outer);
    change = change_new("enable", "somebody", before);
    change_set(change, "a", db_bool(true));
    ck_assert(!record_save(change, PLACE, &id, &error));
    ck_assert_int_eq(error.kind, ERROR_OUTPUT);
    ck_assert_ptr_null(id);
    change_free(change);
    db_document_free(before);
    db_build_free(inner);
    db_build_free(outer);
}
END_TEST

START_TEST(test_no_place)
{
    struct error error = {0};
    struct record *records = NULL;
    size_t count = 7;

    unsetenv("STATE_DIRECTORY");
    unsetenv("XDG_STATE_HOME");
    unsetenv("HOME");
    ck_assert_ptr_null(save("null", &error));
    ck_assert_int_eq(error.kind, ERROR_OUTPUT);
    ck_assert_ptr_nonnull(strstr(error.attempt, "--no-undo"));
    ck_assert(record_list(PLACE, &records, &count, &error));
    ck_assert_uint_eq(count, 0);
    record_list_free(records, count);
    setenv("HOME", place, 1);
    setenv("XDG_STATE_HOME", "relative", 1);
    ck_assert(record_list(PLACE, &records, &count, &error));
    record_list_free(records, count);
}
END_TEST

Suite *record_suite(void)
{
    Suite *suite = suite_create("record");
    TCase *tests = tcase_create("record");

    tcase_add_checked_fixture(tests, make_place, remove_place);
    tcase_add_test(tests, test_comes_back_as_it_was);
    tcase_add_test(tests, test_files_are_private_and_sorted);
    tcase_add_test(tests, test_what_cannot_be_carried_is_refused);
    tcase_add_test(tests, test_no_place);
    suite_add_tcase(suite, tests);
    return suite;
}
