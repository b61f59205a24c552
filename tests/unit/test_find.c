/* SPDX-License-Identifier: MIT */
#include "format/find.h"

#include <check.h>
#include <string.h>

#include "base/mem.h"

Suite *find_suite(void);

/* Pairs of "NAME VALUE NAME VALUE". */
static void fill(struct pairs *pairs, const char *text)
{
    char *words = mem_text(text);
    char *rest = NULL;

    *pairs = (struct pairs){0};
    for (char *name = strtok_r(words, " ", &rest); name != NULL; name = strtok_r(NULL, " ", &rest))
        pairs_add(pairs, name, strlen(name), mem_text(strtok_r(NULL, " ", &rest)));
    mem_free(words);
}

struct row {
    const char *names;
    bool only;
    const char *pairs;
    bool whole;
    const char *token;
    const char *secret;
    const char *url;
};

static void check_row(const struct row *row)
{
    struct pairs pairs;
    struct sets sets = {0};
    struct error error = {0};
    struct access *access = NULL;
    bool found = false;

    fill(&pairs, row->pairs);
    ck_assert(row->names == NULL || sets_read(row->names, false, &sets, &error));
    found = find_credential(&(struct wanted){.names = &sets, .only = row->only}, "x", &pairs,
                            &access, &error);
    ck_assert_msg(found == row->whole, "%s: %s", row->pairs, error.text);
    ck_assert_int_eq(access != NULL, found);
    if (access != NULL) {
        ck_assert_pstr_eq(access->token, row->token);
        ck_assert_pstr_eq(access->secret, row->secret);
        ck_assert_pstr_eq(access->url, row->url);
    } else {
        ck_assert_int_eq(error.kind, ERROR_NOT_FOUND);
    }
    access_free(access);
    sets_clear(&sets);
    pairs_clear(&pairs);
}

/* Token and secret from one set, never half and half; the URL from the same set or not at all. */
START_TEST(test_found)
{
    static const struct row rows[] = {
        {NULL, false, "PRITUNL_TOKEN t PRITUNL_SECRET s PRITUNL_URL u", true, "t", "s", "u"},
        {NULL, false, "PRITUNL_TOKEN t PRITUNL_API_SECRET s", false, "t", NULL, NULL},
        {NULL, false, "PRITUNL_TOKEN t PRITUNL_API_TOKEN a PRITUNL_API_SECRET b", true, "a", "b",
         NULL},
        /* One text, one URL, whosever name of it that is. */
        {NULL, false, "PRITUNL_API_TOKEN a PRITUNL_API_SECRET b PRITUNL_URL u", true, "a", "b",
         "u"},
        {NULL, false, "PRITUNL_TOKEN t PRITUNL_SECRET s PRITUNL_HOST https://u", true, "t", "s",
         "https://u"},
        {NULL, false, "PRITUNL_TOKEN t PRITUNL_SECRET s PRITUNL_HOST h", true, "t", "s", NULL},
        {NULL, false, "PRITUNL_TOKEN t PRITUNL_SECRET s PRITUNL_URL u PRITUNL_BASE_URL u", true,
         "t", "s", "u"},
        {NULL, false, "PRITUNL_TOKEN t PRITUNL_SECRET s PRITUNL_TOKEN last", true, "last", "s",
         NULL},
        {NULL, false, "token t secret s url u username me", true, "t", "s", "u"},
        {NULL, false, "PRITUNL_URL u", false, NULL, NULL, NULL},
        {"ansible", false,
         "PRITUNL_TOKEN t PRITUNL_SECRET s pritunl_api_token a pritunl_api_secret b", true, "a",
         "b", NULL},
        {"ansible", true, "PRITUNL_TOKEN t PRITUNL_SECRET s", false, NULL, NULL, NULL},
        {"ansible", false, "PRITUNL_TOKEN t PRITUNL_SECRET s", true, "t", "s", NULL},
        {"token=A,secret=B", true, "A a B b PRITUNL_TOKEN t PRITUNL_SECRET s", true, "a", "b",
         NULL},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_row(&rows[i]);
}
END_TEST

/* What differs is refused, with names and lines, never with a value. */
START_TEST(test_ambiguous)
{
    static const struct {
        const char *pairs;
        const char *listed;
    } rows[] = {
        {"PRITUNL_TOKEN ttt PRITUNL_SECRET sss PRITUNL_API_TOKEN aaa PRITUNL_API_SECRET bbb",
         "PRITUNL_TOKEN, PRITUNL_API_TOKEN"},
        {"PRITUNL_TOKEN ttt PRITUNL_SECRET sss PRITUNL_URL uuu PRITUNL_BASE_URL vvv",
         "PRITUNL_URL, PRITUNL_BASE_URL"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct pairs pairs;
        struct error error = {0};
        struct access *access = NULL;

        fill(&pairs, rows[i].pairs);
        ck_assert(!find_credential(&(struct wanted){0}, "x", &pairs, &access, &error));
        ck_assert_int_eq(error.kind, ERROR_AMBIGUOUS);
        ck_assert_ptr_nonnull(strstr(error.text, rows[i].listed));
        for (const char *p = "abstuv"; *p != '\0'; p++) {
            const char thrice[] = {*p, *p, *p, '\0'};

            ck_assert_ptr_null(strstr(error.text, thrice));
        }
        pairs_clear(&pairs);
    }
}
END_TEST

Suite *find_suite(void)
{
    Suite *suite = suite_create("find");
    TCase *tests = tcase_create("find");

    tcase_add_test(tests, test_found);
    tcase_add_test(tests, test_ambiguous);
    suite_add_tcase(suite, tests);
    return suite;
}
