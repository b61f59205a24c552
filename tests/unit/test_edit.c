/* SPDX-License-Identifier: MIT */
#include "pritunl/edit.h"

#include <check.h>

#include "base/mem.h"
#include "base/text.h"
#include "pritunl/backup.h"

Suite *edit_suite(void);

static const char *const first =
    "{\"_id\": {\"$oid\": \"65a0000000000000000000aa\"}, \"username\": "
    "\"first\", \"token\": \"t1\", \"secret\": \"secret-one\", "
    "\"auth_api\": true}";
static const char *const second = "{\"_id\": 2, \"username\": \"second\", \"token\": \"t2\", "
                                  "\"secret\": \"secret-two\", \"auth_api\": 1}";

static struct db_document *document_of(const char *json)
{
    struct error error = {0};
    struct db_document *document = db_document_from_json(json, &error);

    ck_assert_msg(document != NULL, "%s: %s", json, error.text);
    return document;
}

static struct admin *admin_of(const char *json)
{
    struct db_document *document = document_of(json);
    struct admin *admin = admin_read(document);

    db_document_free(document);
    return admin;
}

/* What the change would leave there, as Extended JSON. */
static void leaves(const struct change *change, const char *expected)
{
    char *text = db_document_to_json(change->after);

    ck_assert_str_eq(text, expected);
    mem_free(text);
}

START_TEST(test_disable)
{
    struct error error = {0};
    struct admin *admin = admin_of(second);
    struct change *change = edit_disable(NULL, admin, false, &error);

    ck_assert_str_eq(change->command, "disable");
    leaves(change, "{ \"_id\" : { \"$numberInt\" : \"2\" }, \"auth_api\" : false }");
    ck_assert(!change_overwrites_secret(change));
    ck_assert(!change_renews_token(change));
    change_free(change);
    admin_free(admin);
}
END_TEST

START_TEST(test_disable_what_is_off)
{
    struct error error = {0};
    struct admin *admin = admin_of("{\"_id\": 1, \"username\": \"off\", \"auth_api\": 0}");
    struct change *change = edit_disable(NULL, admin, false, &error);

    ck_assert(change_is_empty(change));
    ck_assert_uint_eq(change->count, 1);
    change_free(change);
    admin_free(admin);
}
END_TEST

START_TEST(test_take_over)
{
    struct admin *admin = admin_of(first);
    struct admin *other = admin_of(second);
    struct change *change = edit_take_over(admin, other);

    ck_assert(change_renews_token(change));
    ck_assert(change_overwrites_secret(change));
    leaves(change, "{ \"_id\" : { \"$oid\" : \"65a0000000000000000000aa\" }, \"token\" : \"t2\", "
                   "\"secret\" : \"secret-two\", \"auth_api\" : true }");
    change_free(change);
    admin_free(other);
    admin_free(admin);
}
END_TEST

START_TEST(test_recovery)
{
    const struct edit_recovery all = {
        .password = "new", .clear_otp = true, .clear_yubikey = true, .enable_account = true};
    const struct edit_recovery none = {.password = "new"};
    struct db_document *document =
        document_of("{\"_id\": 1, \"password\": \"3$old\", \"disabled\": true, \"otp_auth\": true, "
                    "\"otp_secret\": \"ABCD\", \"yubikey_id\": null}");
    struct change *change = change_new("recover", "me", document);
    struct error error = {0};

    ck_assert(edit_set_recovery(change, &none, &error));
    ck_assert(change_writes(change, "password"));
    ck_assert(!change_writes(change, "otp_secret"));
    ck_assert(!change_writes(change, "disabled"));
    ck_assert(edit_set_recovery(change, &all, &error));
    ck_assert(change_writes(change, "otp_secret"));
    ck_assert(change_writes(change, "otp_auth"));
    ck_assert(change_writes(change, "disabled"));
    ck_assert(!change_writes(change, "yubikey_id"));
    ck_assert(!change_writes(change, "default"));
    ck_assert(!change_writes(change, "sessions"));
    change_free(change);
    db_document_free(document);
}
END_TEST

/* As queries find it later: other values, and one that the backup does not have. */
START_TEST(test_backup)
{
    struct admin *admin = admin_of(first);
    struct admin *later = admin_of("{\"_id\": 9, \"username\": \"first\", \"token\": null, "
                                   "\"secret\": \"secret-one\", \"auth_api\": null}");
    char *text = backup_text(admin);
    struct backup *backup = backup_read(text, "first");
    struct change *change = NULL;

    ck_assert_ptr_nonnull(backup);
    ck_assert(backup_was_on(backup));
    change = backup_restore(backup, later);
    ck_assert(change_writes(change, "token"));
    ck_assert(change_writes(change, "auth_api"));
    ck_assert(!change_writes(change, "secret"));
    ck_assert_ptr_null(backup_read(text, "other"));
    ck_assert_ptr_null(backup_read(text, NULL));
    ck_assert_ptr_null(backup_read(NULL, "first"));
    ck_assert_ptr_null(backup_read("{\"username\": \"first\"}", "first"));
    ck_assert_ptr_null(backup_read("no JSON", "first"));
    change_free(change);
    backup_free(backup);
    mem_free(text);
    admin_free(later);
    admin_free(admin);
}
END_TEST

START_TEST(test_made)
{
    struct admin *admin = admin_of(first);
    struct admin *odd = admin_of(second);

    ck_assert_int_eq(admin_made_ms(admin), INT64_C(0x65a00000) * 1000);
    ck_assert_int_eq(admin_made_ms(odd), -1);
    ck_assert(admin_is_of(admin, admin->document));
    ck_assert(!admin_is_of(admin, odd->document));
    admin_free(odd);
    admin_free(admin);
}
END_TEST

Suite *edit_suite(void)
{
    Suite *suite = suite_create("edit");
    TCase *tests = tcase_create("edit");

    tcase_add_test(tests, test_disable);
    tcase_add_test(tests, test_disable_what_is_off);
    tcase_add_test(tests, test_take_over);
    tcase_add_test(tests, test_recovery);
    tcase_add_test(tests, test_backup);
    tcase_add_test(tests, test_made);
    suite_add_tcase(suite, tests);
    return suite;
}
