/* SPDX-License-Identifier: MIT */
#include "pritunl/change.h"

#include <check.h>
#include <stdio.h>

Suite *change_suite(void);

static struct db_document *document(const char *json)
{
    struct error error = {0};
    struct db_document *made = db_document_from_json(json, &error);

    ck_assert_ptr_nonnull(made);
    return made;
}

static struct change *start(const char *json)
{
    struct db_document *before = document(json);
    struct change *change = change_new("test", "somebody", before);

    db_document_free(before);
    return change;
}

START_TEST(test_nothing_changes_at_first)
{
    struct change *change = start("{\"_id\": 1, \"token\": \"t\"}");

    ck_assert(change_is_empty(change));
    ck_assert(!change_writes(change, "token"));
    ck_assert(!change_overwrites_secret(change));
    change_pin(change, "token");
    change_pin(change, "absent");
    ck_assert(change_is_empty(change));
    ck_assert_uint_eq(change->count, 2);
    change_free(change);
    change_free(NULL);
}
END_TEST

START_TEST(test_the_same_value_is_no_change)
{
    struct change *change = start("{\"_id\": 1, \"a\": true, \"b\": null, \"n\": 1}");

    change_set(change, "a", db_bool(true));
    change_set(change, "b", db_null());
    change_set(change, "n", db_int(1));
    ck_assert(change_is_empty(change));
    change_free(change);
}
END_TEST

START_TEST(test_another_type_is_a_change)
{
    static const char *const values[] = {
        "1",  "null",  "\"true\"",     "{\"$numberLong\": \"1\"}", "1.0", "[true]",
        "{}", "false", "{\"a\": true}"};

    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        char json[100];
        struct change *change = NULL;

        snprintf(json, sizeof json, "{\"_id\": 1, \"a\": %s}", values[i]);
        change = start(json);
        change_set(change, "a", db_bool(true));
        ck_assert_msg(change_writes(change, "a"), "%s", values[i]);
        ck_assert(db_field(change->after, "a").boolean);
        change_free(change);
    }
}
END_TEST

START_TEST(test_a_pin_becomes_a_write)
{
    struct change *change = start("{\"_id\": 1, \"a\": 5, \"b\": 6}");
    struct db_value absent = {0};

    change_pin(change, "a");
    change_pin(change, "b");
    change_set(change, "a", absent);
    ck_assert_uint_eq(change->count, 2);
    ck_assert(change_writes(change, "a") && !change_writes(change, "b"));
    ck_assert_int_eq(db_field(change->after, "a").type, DB_ABSENT);
    ck_assert_int_eq(db_field(change->after, "b").integer, 6);
    ck_assert_int_eq(db_field(change->after, "_id").integer, 1);
    change_free(change);
}
END_TEST

START_TEST(test_reverse)
{
    struct change *change = start("{\"_id\": 1, \"a\": 5, \"p\": 6}");
    struct change *back = NULL;

    change_set(change, "a", db_text("new"));
    change_set(change, "c", db_bool(true));
    change_pin(change, "p");
    back = change_reverse(change, "undo");
    ck_assert_str_eq(back->command, "undo");
    ck_assert_str_eq(back->administrator, "somebody");
    ck_assert_uint_eq(back->count, 2);
    ck_assert_str_eq(db_field(back->before, "a").text, "new");
    ck_assert_int_eq(db_field(back->after, "a").integer, 5);
    ck_assert_int_eq(db_field(back->after, "c").type, DB_ABSENT);
    ck_assert(!change_writes(back, "p"));
    change_free(back);
    change_free(change);
}
END_TEST

START_TEST(test_what_loses_a_secret)
{
    static const struct {
        const char *json;
        const char *field;
        bool loses;
    } rows[] = {
        {"{\"_id\": 1, \"token\": \"x\"}", "token", true},
        {"{\"_id\": 1, \"secret\": \"x\"}", "secret", true},
        {"{\"_id\": 1, \"secret\": 7}", "secret", true},
        {"{\"_id\": 1, \"secret\": []}", "secret", true},
        {"{\"_id\": 1, \"password\": \"3$a$b\"}", "password", true},
        {"{\"_id\": 1, \"token\": \"\"}", "token", false},
        {"{\"_id\": 1, \"token\": null}", "token", false},
        {"{\"_id\": 1, \"secret\": \"x\"}", "token", false},
        {"{\"_id\": 1, \"auth_api\": true}", "auth_api", false},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct change *change = start(rows[i].json);

        change_pin(change, "secret");
        change_set(change, rows[i].field, db_text("new"));
        ck_assert_msg(change_overwrites_secret(change) == rows[i].loses, "row %zu", i);
        change_free(change);
    }
}
END_TEST

START_TEST(test_no_more_fields_than_there_is_room_for)
{
    struct change *change = start("{\"_id\": 1}");

    for (int i = 0; i < 2 * CHANGE_FIELDS_MAX; i++) {
        char name[20];

        snprintf(name, sizeof name, "field%d", i);
        change_set(change, name, db_int(i));
    }
    ck_assert_uint_eq(change->count, CHANGE_FIELDS_MAX);
    change_free(change);
}
END_TEST

Suite *change_suite(void)
{
    Suite *suite = suite_create("change");
    TCase *tests = tcase_create("change");

    tcase_add_test(tests, test_nothing_changes_at_first);
    tcase_add_test(tests, test_the_same_value_is_no_change);
    tcase_add_test(tests, test_another_type_is_a_change);
    tcase_add_test(tests, test_a_pin_becomes_a_write);
    tcase_add_test(tests, test_reverse);
    tcase_add_test(tests, test_what_loses_a_secret);
    tcase_add_test(tests, test_no_more_fields_than_there_is_room_for);
    suite_add_tcase(suite, tests);
    return suite;
}
