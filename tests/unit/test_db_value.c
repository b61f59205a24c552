/* SPDX-License-Identifier: MIT */
#include "io/db_internal.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

Suite *db_value_suite(void);

/* A copy that db_field() reads; to end with db_document_free(). */
static struct db_document *document_of(const bson_t *bson)
{
    ck_assert(db_document_valid(bson_get_data(bson), bson->len));
    return db_document_copy(bson);
}

static bson_t *bson_of(const char *json)
{
    bson_error_t why = {0};
    bson_t *bson = bson_new_from_json((const uint8_t *)json, -1, &why);

    ck_assert_msg(bson != NULL, "%s: %s", json, why.message);
    return bson;
}

static const struct {
    const char *json; /* of {"v": …} */
    enum db_type type;
    int bson_type;
    const char *name;
} types[] = {
    {"null", DB_NULL, 10, "null"},
    {"true", DB_BOOL, 8, "bool"},
    {"{\"$numberInt\": \"7\"}", DB_INT, 16, "int"},
    {"{\"$numberLong\": \"7\"}", DB_INT, 18, "long"},
    {"{\"$numberDouble\": \"7.0\"}", DB_DOUBLE, 1, "double"},
    {"\"text\"", DB_TEXT, 2, "string"},
    {"{\"$date\": {\"$numberLong\": \"-7\"}}", DB_DATE, 9, "date"},
    {"{\"$oid\": \"0123456789abcdef01234567\"}", DB_ID, 7, "objectId"},
    {"[1, [2], {\"a\": 3}]", DB_ARRAY, 4, "array"},
    {"{\"a\": {\"b\": null}}", DB_OBJECT, 3, "object"},
    {"{\"$binary\": {\"base64\": \"AAEC\", \"subType\": \"05\"}}", DB_BINARY, 5, "binData"},
    {"{\"$binary\": {\"base64\": \"\", \"subType\": \"80\"}}", DB_BINARY, 5, "binData"},
    {"{\"$regularExpression\": {\"pattern\": \"^a\", \"options\": \"i\"}}", DB_OTHER, 11, "regex"},
    {"{\"$numberDecimal\": \"1.50\"}", DB_OTHER, 19, "decimal"},
    {"{\"$timestamp\": {\"t\": 1, \"i\": 2}}", DB_OTHER, 17, "timestamp"},
    {"{\"$symbol\": \"s\"}", DB_OTHER, 14, "symbol"},
    {"{\"$code\": \"x\"}", DB_OTHER, 13, "javascript"},
    {"{\"$code\": \"x\", \"$scope\": {\"a\": 1}}", DB_OTHER, 15, "javascriptWithScope"},
    {"{\"$undefined\": true}", DB_OTHER, 6, "undefined"},
    {"{\"$minKey\": 1}", DB_OTHER, 255, "minKey"},
    {"{\"$maxKey\": 1}", DB_OTHER, 127, "maxKey"},
};

/* Read with its type, and appended again as exactly the same bytes: a pin of any type. */
START_TEST(test_types)
{
    char json[256] = "";
    bson_t *bson = NULL;
    struct db_document *document = NULL;
    struct db_value value = {0};
    bson_t copy;

    snprintf(json, sizeof(json), "{\"v\": %s}", types[_i].json);
    bson = bson_of(json);
    document = document_of(bson);
    value = db_field(document, "v");
    ck_assert_int_eq(value.type, types[_i].type);
    ck_assert_int_eq(value.bson_type, types[_i].bson_type);
    ck_assert_str_eq(db_type_name(&value), types[_i].name);
    bson_init(&copy);
    ck_assert(db_value_append(&value, "v", &copy));
    ck_assert(bson_equal(&copy, bson));
    bson_destroy(&copy);
    bson_destroy(bson);
    db_document_free(document);
}
END_TEST

START_TEST(test_contents)
{
    bson_t *bson =
        bson_of("{\"t\": true, \"i\": -7, \"d\": 1.5, \"date\": {\"$date\": {\"$numberLong\": "
                "\"5\"}}, \"id\": {\"$oid\": \"0123456789abcdef01234567\"}, \"b\": "
                "{\"$binary\": {\"base64\": \"AAEC\", \"subType\": \"05\"}}}");
    struct db_document *document = document_of(bson);
    struct db_value value = db_field(document, "id");
    char id[DB_ID_TEXT_SIZE] = "";

    db_id_text(&value, id);
    ck_assert_str_eq(id, "0123456789abcdef01234567");
    value = db_field(document, "t");
    db_id_text(&value, id);
    ck_assert_str_eq(id, "");
    ck_assert(value.boolean);
    ck_assert_int_eq(db_field(document, "i").integer, -7);
    ck_assert_double_eq(db_field(document, "i").number, -7);
    ck_assert_double_eq(db_field(document, "d").number, 1.5);
    ck_assert_int_eq(db_field(document, "date").integer, 5);
    value = db_field(document, "b");
    ck_assert_uint_eq(value.length, 3);
    ck_assert_uint_eq(value.subtype, 5);
    ck_assert_mem_eq(value.raw, "\0\1\2", 3);
    bson_destroy(bson);
    db_document_free(document);
}
END_TEST

static enum db_type type_at(const struct db_document *document, const char *path)
{
    return db_field(document, path).type;
}

START_TEST(test_paths)
{
    bson_t *bson = bson_of("{\"a\": {\"b\": {\"c\": 1}}, \"l\": [{\"b\": 1}], \"\": true}");
    struct db_document *document = NULL;

    BSON_APPEND_NULL(bson, "a");
    BSON_APPEND_INT32(bson, "x.y", 1);
    document = document_of(bson);
    ck_assert_int_eq(type_at(document, "a"), DB_OBJECT);
    ck_assert_int_eq(type_at(document, "a.b.c"), DB_INT);
    ck_assert_int_eq(type_at(document, "a.b.c.d"), DB_ABSENT);
    ck_assert_int_eq(type_at(document, "a.c"), DB_ABSENT);
    ck_assert_int_eq(type_at(document, "l.0"), DB_ABSENT);
    ck_assert_int_eq(type_at(document, "l.b"), DB_ABSENT);
    ck_assert_int_eq(type_at(document, "x.y"), DB_ABSENT);
    ck_assert_int_eq(type_at(document, "A"), DB_ABSENT);
    ck_assert_int_eq(type_at(document, "aa"), DB_ABSENT);
    ck_assert_int_eq(type_at(document, ""), DB_BOOL);
    ck_assert_int_eq(type_at(document, "."), DB_ABSENT);
    bson_destroy(bson);
    db_document_free(document);
}
END_TEST

START_TEST(test_any_text)
{
    const size_t size = 100000;
    char *long_text = mem_zero(size, 1);
    bson_t *bson = bson_new();
    struct db_document *document = NULL;
    struct db_value value = {0};

    memset(long_text, 'x', size);
    bson_append_utf8(bson, "nul", -1, "a\0b", 3);
    bson_append_utf8(bson, "latin", -1, "\xe9\xff", 2);
    bson_append_utf8(bson, "long", -1, long_text, (int)size);
    document = document_of(bson);
    value = db_field(document, "nul");
    ck_assert_uint_eq(value.length, 3);
    ck_assert_mem_eq(value.text, "a\0b\0", 4);
    ck_assert_str_eq(db_field(document, "latin").text, "\xe9\xff");
    ck_assert_uint_eq(db_field(document, "long").length, size);
    bson_destroy(bson);
    db_document_free(document);
    mem_free(long_text);
}
END_TEST

/* Whatever bytes come: refused, or readable without leaving them (this test is for the sanitizers). */
START_TEST(test_damaged)
{
    bson_t *bson = bson_of("{\"a\": {\"b\": [1, \"text\"]}, \"s\": \"text\", \"o\": {\"$oid\": "
                           "\"0123456789abcdef01234567\"}, \"r\": {\"$regularExpression\": "
                           "{\"pattern\": \"p\", \"options\": \"i\"}}, \"c\": {\"$code\": \"x\", "
                           "\"$scope\": {\"a\": 1}}}");
    size_t length = bson->len;

    for (size_t cut = 0; cut < length; cut++) {
        char *data = mem_copy(bson_get_data(bson), cut);

        ck_assert(!db_document_valid((const uint8_t *)data, cut));
        mem_free(data);
    }
    for (size_t place = 0; place < length; place++) {
        for (unsigned byte = 0; byte < 256; byte++) {
            struct db_document document = {.length = length};
            uint8_t *data = mem_alloc(length);

            memcpy(data, bson_get_data(bson), length);
            data[place] = (uint8_t)byte;
            document.data = (char *)data;
            if (db_document_valid(data, length)) {
                db_field(&document, "a.b");
                db_field(&document, "absent.absent");
            }
            mem_free(data);
        }
    }
    bson_destroy(bson);
}
END_TEST

START_TEST(test_depth)
{
    bson_t *bson = bson_new();

    for (int i = 0; i < 150; i++) {
        bson_t *outer = bson_new();

        BSON_APPEND_DOCUMENT(outer, "a", bson);
        bson_destroy(bson);
        bson = outer;
    }
    ck_assert(db_document_valid(bson_get_data(bson), bson->len));
    for (int i = 0; i < 150; i++) {
        bson_t *outer = bson_new();

        BSON_APPEND_DOCUMENT(outer, "a", bson);
        bson_destroy(bson);
        bson = outer;
    }
    ck_assert(!db_document_valid(bson_get_data(bson), bson->len));
    bson_destroy(bson);
}
END_TEST

static void expect_filled(const char *text, const char *json)
{
    struct db_param params[] = {{"a", db_text("$x")}, {"b", {.type = DB_NULL}}};
    struct error error = {0};
    bson_t *wanted = bson_of(json);
    bson_t *command = db_command_new(text, "my_", params, 2, &error);

    ck_assert_msg(command != NULL, "%s", error.text);
    ck_assert_msg(bson_equal(command, wanted), "%s", text);
    bson_destroy(command);
    bson_destroy(wanted);
}

START_TEST(test_fill)
{
    struct error error = {0};

    expect_filled(
        "{\"find\": {\"$collection\": \"hosts\"}, \"filter\": {\"a\": {\"$param\": \"a\"}}}",
        "{\"find\": \"my_hosts\", \"filter\": {\"a\": \"$x\"}}");
    expect_filled("{\"p\": [{\"$param\": \"b\"}, [{\"c\": {\"$param\": \"a\"}}], {}, []]}",
                  "{\"p\": [null, [{\"c\": \"$x\"}], {}, []]}");
    /* Not placeholders: */
    expect_filled("{\"p\": {\"$param\": 1}, \"q\": {\"$param\": \"a\", \"b\": 1}}",
                  "{\"p\": {\"$param\": 1}, \"q\": {\"$param\": \"a\", \"b\": 1}}");
    ck_assert_ptr_null(db_command_new("{\"a\": [{\"$param\": \"absent\"}]}", "", NULL, 0, &error));
    ck_assert_int_eq(error.kind, ERROR_DATABASE);
    ck_assert_ptr_nonnull(strstr(error.text, "absent"));
    ck_assert_ptr_null(db_command_new("{", "", NULL, 0, &error));
}
END_TEST

/* Each embedded query is a command on a collection, and asks for none of what we must not see. */
START_TEST(test_queries)
{
    static const char *const never[] = {"\"password\"",
                                        "\"otp_secret\"",
                                        "\"sessions\"",
                                        "\"server_key\"",
                                        "\"redis_uri\"",
                                        "\"license\"",
                                        "\"secondary_mongodb_uri\"",
                                        "$$ROOT"};
    struct db_param params[] = {
        {"document", db_text("x")},     {"filter", db_text("x")},     {"id", db_text("x")},
        {"message", db_text("x")},      {"nonce", db_text("x")},      {"now", db_text("x")},
        {"organization", db_text("x")}, {"projection", db_text("x")}, {"server", db_text("x")},
        {"token", db_text("x")},        {"type", db_text("x")},       {"update", db_text("x")},
        {"username", db_text("x")}};
    struct error error = {0};
    bson_t *command =
        db_command_new(query_text[_i], "my_", params, sizeof(params) / sizeof(params[0]), &error);
    bson_iter_t at;

    ck_assert_msg(command != NULL, "%s: %s", query_name[_i], error.text);
    ck_assert(bson_iter_init(&at, command) && bson_iter_next(&at));
    if (strcmp(query_name[_i], "privileges") !=
        0) { /* it is about the connection, not a collection */
        ck_assert(BSON_ITER_HOLDS_UTF8(&at));
        ck_assert_int_eq(strncmp(bson_iter_utf8(&at, NULL), "my_", 3), 0);
    }
    /* `show --field license` asks for the one thing that nothing else may ask for */
    bool licence = strcmp(query_name[_i], "license") == 0;
    for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
        ck_assert((licence && strcmp(never[i], "\"license\"") == 0) ||
                  strstr(query_text[_i], never[i]) == NULL);
    bson_destroy(command);
}
END_TEST

Suite *db_value_suite(void)
{
    Suite *suite = suite_create("db_value");
    TCase *tests = tcase_create("db_value");

    tcase_add_checked_fixture(tests, db_begin, NULL);
    tcase_add_loop_test(tests, test_types, 0, sizeof(types) / sizeof(types[0]));
    tcase_add_test(tests, test_contents);
    tcase_add_test(tests, test_paths);
    tcase_add_test(tests, test_any_text);
    tcase_add_test(tests, test_damaged);
    tcase_add_test(tests, test_depth);
    tcase_add_test(tests, test_fill);
    tcase_add_loop_test(tests, test_queries, 0, QUERY_COUNT);
    suite_add_tcase(suite, tests);
    return suite;
}
