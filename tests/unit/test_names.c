/* SPDX-License-Identifier: MIT */
#include "format/names.h"

#include <check.h>
#include <string.h>

#include "base/buf.h"

Suite *names_suite(void);

#define LONG_NAME                                                                                  \
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"                             \
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

/* A name is never code, an option, or something that the system, a shell or a runner takes for itself. */
START_TEST(test_refused)
{
    static const char *const rows[] = {
        "",
        "+",
        ",",
        "nobody",
        "Terraform",
        "terraform ",
        "terraform,ansible",
        "terraform+nobody",
        "url",
        "url=",
        "url=A,url=B",
        "password=A",
        "token=A B",
        "token=A=B",
        "token=$(x)",
        "token=`x`",
        "token=A;x",
        "token=-x",
        "token=1A",
        "token=A-B",
        "token=A.B",
        "token=A[0]",
        "token=\xC3\x84",
        "token=A\n",
        "token=\033",
        "token=" LONG_NAME "A",
        "token=PATH",
        "token=IFS",
        "token=LD_PRELOAD",
        "token=LD_",
        "token=BASH_ENV",
        "token=ENV",
        "token=GITHUB_TOKEN",
        "token=NODE_OPTIONS",
        "token=PYTHONPATH",
        "token=path",
        "token=X,secret=X",
        "token=PRITUNL_URL+terraform",
        "terraform+token=PRITUNL_SECRET",
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct names_config config = {rows[i], false, false};
        struct error error = {0};

        ck_assert_msg(!names_check(&config, &error), "%s is taken", rows[i]);
        ck_assert_int_eq(error.kind, ERROR_USAGE);
        ck_assert_ptr_null(strchr(error.text, '\n'));
        ck_assert_ptr_null(strchr(error.text, '\033'));
    }
}
END_TEST

START_TEST(test_made)
{
    static const struct {
        struct names_config config;
        const char *text; /* NAME=VALUE for each */
    } rows[] = {
        {{"terraform", false, false}, "PRITUNL_URL=u PRITUNL_TOKEN=t PRITUNL_SECRET=s "},
        {{"terraform", true, false},
         "PRITUNL_URL=u PRITUNL_TOKEN=t PRITUNL_SECRET=s PRITUNL_INSECURE=true "},
        {{"terraform", true, true},
         "pritunl_url=u pritunl_token=t pritunl_secret=s pritunl_insecure=true "},
        {{"exporter+terraform", false, false},
         "PRITUNL_URL=u PRITUNL_ADMIN_TOKEN=t PRITUNL_ADMIN_SECRET=s PRITUNL_TOKEN=t "
         "PRITUNL_SECRET=s "},
        {{"secret=B,token=A", false, false}, "A=t B=s "},
        {{"token=T+token=U", false, false}, "T=t U=t "},
        {{"token=_,url=X", false, false}, NULL},
        {{"token=_1,url=" LONG_NAME, false, false}, LONG_NAME "=u _1=t "},
    };
    struct access *access = access_new("a", "t", "s");

    access_set_url(access, "u", "x");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct variables variables = {0};
        struct error error = {0};
        struct buf text = BUF_EMPTY(BUF_MAX);
        bool made = names_make(&rows[i].config, access, &variables, &error);

        for (size_t j = 0; j < variables.count; j++)
            buf_add_format(&text, "%s=%s ", variables.items[j].name, variables.items[j].value);
        ck_assert_int_eq(made, rows[i].text != NULL);
        ck_assert_str_eq(buf_text(&text), made ? rows[i].text : "");
        buf_free(&text);
        names_clear(&variables);
    }
    access_free(access);
}
END_TEST

START_TEST(test_known)
{
    ck_assert(names_is_known(NULL, "PRITUNL_API_TOKEN"));
    ck_assert(names_is_known(NULL, "PRITUNL_INSECURE"));
    ck_assert(names_is_known("token=A", "A"));
    ck_assert(!names_is_known("token=A", "B"));
    ck_assert(!names_is_known(NULL, "token"));
    ck_assert(!names_is_known(NULL, "pritunl_Token"));
}
END_TEST

Suite *names_suite(void)
{
    Suite *suite = suite_create("names");
    TCase *tests = tcase_create("names");

    tcase_add_test(tests, test_refused);
    tcase_add_test(tests, test_made);
    tcase_add_test(tests, test_known);
    suite_add_tcase(suite, tests);
    return suite;
}
