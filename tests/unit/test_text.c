/* SPDX-License-Identifier: MIT */
#include "base/text.h"

#include <check.h>
#include <limits.h>
#include <string.h>

#include "base/mem.h"
#include "child.h"

Suite *text_suite(void);

START_TEST(test_format)
{
    char *text = text_format("%s-%d", "a", 7);

    ck_assert_str_eq(text, "a-7");
    mem_free(text);
    text = text_format("%5000d", 1);
    ck_assert_uint_eq(strlen(text), 5000);
    mem_free(text);
}
END_TEST

START_TEST(test_parts)
{
    ck_assert(text_starts("abc", "ab"));
    ck_assert(text_starts("abc", ""));
    ck_assert(!text_starts("ab", "abc"));
    ck_assert(!text_starts("Abc", "ab"));
    ck_assert(text_ends("abc", "bc"));
    ck_assert(text_ends("abc", ""));
    ck_assert(!text_ends("bc", "abc"));
    ck_assert(!text_ends("abC", "bc"));
    ck_assert(text_equal("a", "a"));
    ck_assert(!text_equal("a", "A"));
    ck_assert(text_equal(NULL, NULL));
    ck_assert(!text_equal(NULL, ""));
    ck_assert(!text_equal("", NULL));
}
END_TEST

struct sample {
    const char *bytes;
    size_t length;
    bool good;
};

#define SAMPLE(bytes, good)                                                                        \
    {                                                                                              \
        bytes, sizeof(bytes) - 1, good                                                             \
    }

/* From the Unicode standard's table 3-7 and Markus Kuhn's decoder tests. */
static const struct sample utf8[] = {
    SAMPLE("", true),
    SAMPLE("plain", true),
    SAMPLE("a\0b", true),
    SAMPLE("\x7f", true),
    SAMPLE("\xc2\x80", true),
    SAMPLE("\xdf\xbf", true),
    SAMPLE("\xe0\xa0\x80", true),
    SAMPLE("\xed\x9f\xbf", true),
    SAMPLE("\xee\x80\x80", true),
    SAMPLE("\xef\xbf\xbf", true),
    SAMPLE("\xf0\x90\x80\x80", true),
    SAMPLE("\xf4\x8f\xbf\xbf", true),
    SAMPLE("\x80", false),
    SAMPLE("\xbf", false),
    SAMPLE("a\xfe", false),
    SAMPLE("\xff", false),
    SAMPLE("\xc0\x80", false),
    SAMPLE("\xc0\xaf", false),
    SAMPLE("\xc1\xbf", false),
    SAMPLE("\xe0\x80\xaf", false),
    SAMPLE("\xe0\x9f\xbf", false),
    SAMPLE("\xf0\x80\x80\xaf", false),
    SAMPLE("\xf0\x8f\xbf\xbf", false),
    SAMPLE("\xed\xa0\x80", false),
    SAMPLE("\xed\xbf\xbf", false),
    SAMPLE("\xed\xa0\x80\xed\xb0\x80", false),
    SAMPLE("\xf4\x90\x80\x80", false),
    SAMPLE("\xf5\x80\x80\x80", false),
    SAMPLE("\xf8\x88\x80\x80\x80", false),
    SAMPLE("\xc2", false),
    SAMPLE("\xe2\x82", false),
    SAMPLE("\xf0\x9f\x98", false),
    SAMPLE("\xc2\x41", false),
    SAMPLE("\xe2\x82\x41", false),
};

START_TEST(test_is_utf8)
{
    ck_assert_msg(text_is_utf8(utf8[_i].bytes, utf8[_i].length) == utf8[_i].good, "sample %d", _i);
}
END_TEST

START_TEST(test_decode)
{
    uint32_t point = 0;

    ck_assert_uint_eq(text_decode("€", 3, &point), 3);
    ck_assert_uint_eq(point, 0x20ac);
    ck_assert_uint_eq(text_decode("€", 2, &point), 0);
    ck_assert_uint_eq(text_decode("😀", 4, &point), 4);
    ck_assert_uint_eq(point, 0x1f600);
    ck_assert_uint_eq(text_decode("x", 0, NULL), 0);
}
END_TEST

START_TEST(test_printable)
{
    static const struct {
        const char *bytes;
        size_t length;
        const char *text;
    } rows[] = {
#define ROW(bytes, text) {bytes, sizeof(bytes) - 1, text}
        ROW("", ""),
        ROW("é € 😀", "é € 😀"),
        ROW("a\0b", "a?b"),
        ROW("\033[2J", "?[2J"),
        ROW("\r\n\t\b\x7f", "?????"),
        /* CSI as one character; the same byte alone. */
        ROW("\xc2\x9b"
            "31m",
            "?31m"),
        ROW("\x9b"
            "31m",
            "?31m"),
        ROW("\xc2\xa0\xe2\x80\x83\xe3\x80\x80", "<U+00A0><U+2003><U+3000>"),
        ROW("\xe2\x80\xa8\xe2\x80\xa9", "??"),
        ROW("\xe2\x80\xae\xe2\x81\xa6\xe2\x81\xa9\xe2\x80\x8f", "????"),
        ROW("pri\xe2\x80\x8btunl", "pri<U+200B>tunl"),
        ROW("\xe2\x80\x8c\xe2\x80\x8d\xe2\x81\xa0\xef\xbb\xbf", "<U+200C><U+200D><U+2060><U+FEFF>"),
        ROW("\xc2\xad\xcd\x8f\xe3\x85\xa4\xe2\xa0\x80", "<U+00AD><U+034F><U+3164><U+2800>"),
        ROW("\xf3\xa0\x80\x81", "<U+E0001>"),
        ROW("\xc0\xaf", "??"),
        ROW("\xe2\x82", "??"),
        ROW("\xe2\x82"
            "a",
            "??a"),
        ROW("\xed\xa0\x80", "???"),
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *text = text_printable(rows[i].bytes, rows[i].length);

        ck_assert_str_eq(text, rows[i].text);
        mem_free(text);
    }
}
END_TEST

START_TEST(test_nearest)
{
    static const char *const names[] = {"mongodb_uri", "mongodb_uri_file", NULL,      "pin",
                                        "url",         "administrator",    "timeout", "list"};
    size_t count = sizeof(names) / sizeof(names[0]);
    char long_text[100] = "";

    ck_assert_str_eq(text_nearest("mongodb_url", names, count), "mongodb_uri");
    ck_assert_str_eq(text_nearest("mongodb_uri_fil", names, count), "mongodb_uri_file");
    ck_assert_str_eq(text_nearest("adminstrator", names, count), "administrator");
    ck_assert_str_eq(text_nearest("lsit", names, count), "list");
    ck_assert_str_eq(text_nearest("timeuot", names, count), "timeout");
    ck_assert_str_eq(text_nearest("uri", names, count), "url");
    ck_assert_str_eq(text_nearest("pin", names, count), "pin");
    ck_assert_ptr_null(text_nearest("completely-else", names, count));
    ck_assert_ptr_null(text_nearest("x", names, count));
    ck_assert_ptr_null(text_nearest("", names, count));
    ck_assert_ptr_null(text_nearest("url", names, 0));
    memset(long_text, 'a', sizeof(long_text) - 1);
    ck_assert_ptr_null(text_nearest(long_text, names, count));
}
END_TEST

START_TEST(test_is_name)
{
    ck_assert(text_is_name("PRITUNL_URL"));
    ck_assert(text_is_name("_"));
    ck_assert(text_is_name("a9"));
    ck_assert(!text_is_name(""));
    ck_assert(!text_is_name("9a"));
    ck_assert(!text_is_name("a-b"));
    ck_assert(!text_is_name("a\n"));
    ck_assert(!text_is_name("a=b"));
    ck_assert(!text_is_name("é"));
    ck_assert(!text_is_name("a b"));
}
END_TEST

START_TEST(test_number)
{
    static const char *const bad[] = {"",    "-",    "+1",  " 1",  "1 ",
                                      "1x",  "0x10", "1.0", "--1", "99999999999999999999",
                                      "-11", "101",  "1e1", "1\n", "-99999999999999999999",
                                      "٣"};
    long value = 77;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ck_assert_msg(!text_number(bad[i], -10, 100, &value), "%s", bad[i]);
        ck_assert_int_eq(value, 77);
    }
    ck_assert(text_number("-10", -10, 100, &value) && value == -10);
    ck_assert(text_number("100", -10, 100, &value) && value == 100);
    ck_assert(text_number("0", -10, 100, &value) && value == 0);
    /* Decimal, not octal. */
    ck_assert(text_number("010", -10, 100, &value) && value == 10);
    ck_assert(!text_number("-1", 0, 100, &value));
    ck_assert(text_number("9223372036854775807", 0, LONG_MAX, &value) && value == LONG_MAX);
    ck_assert(!text_number("9223372036854775808", 0, LONG_MAX, &value));
    ck_assert(text_number("-9223372036854775808", LONG_MIN, 0, &value) && value == LONG_MIN);
}
END_TEST

struct shell {
    const char *word;
    int output;
};

static void run_shell(void *context)
{
    struct shell *shell = context;
    char *script = text_format("printf %%s %s", shell->word);

    dup2(shell->output, STDOUT_FILENO);
    if (shell->word[0] == '$') /* Debian's sh does not know that yet */
        execlp("bash", "bash", "-c", script, (char *)NULL);
    else
        execl("/bin/sh", "sh", "-c", script, (char *)NULL);
    _exit(99);
}

/* What a real shell makes of it. */
START_TEST(test_shell)
{
    static const char *const words[] = {
        "plain",
        "/etc/pritunl.conf",
        "",
        "two words",
        "it's",
        "$HOME",
        "`id`",
        "a\"b\\c",
        "new\nline",
        "*",
        "'",
        "''",
        "a;b",
        "~",
        "!history!",
        "é €",
        "-dash",
        "#",
        "a'b'c'",
        "\t tab ",
        "{a,b}",
        "\x1b[31m\x7f",
        "\xe2\x80\xaegro.live \\ '\xc2\xa0"
        "a",
        "\xff"
        "a\xe2\x80\x8b\\x41",
    };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        char said[64] = "";
        int ends[2] = {-1, -1};
        char *word = text_shell(words[i]);
        struct shell shell = {.word = word};

        ck_assert_int_eq(pipe(ends), 0);
        shell.output = ends[1];
        ck_assert(exited(in_child(run_shell, &shell), 0));
        close(ends[1]);
        ck_assert_int_ge(read(ends[0], said, sizeof(said) - 1), 0);
        close(ends[0]);
        ck_assert_str_eq(said, words[i]);
        mem_free(word);
    }
}
END_TEST

/* What text_printable() would show in other words stands in plain ones, so that it can be copied. */
START_TEST(test_shell_shows_what_is_invisible)
{
    char *word = text_shell("it's\\ a\xc2\xa0"
                            "b\xe2\x80\x8b"
                            "c\n");
    char *shown = text_printable(word, strlen(word));

    ck_assert_str_eq(word, "$'it\\'s\\\\ a\\302\\240b\\342\\200\\213c\\012'");
    ck_assert_str_eq(shown, word);
    mem_free(shown);
    mem_free(word);
}
END_TEST

START_TEST(test_shell_leaves_plain_words)
{
    char *word = text_shell("/srv/a-b_c.d/x@1");

    ck_assert_str_eq(word, "/srv/a-b_c.d/x@1");
    mem_free(word);
}
END_TEST

START_TEST(test_fit)
{
    static const char *const cases[][2] = {{"", ""},          {"abcd", "abcd"},  {"abcde", "abc…"},
                                           {"日本", "日本"},  {"日本語", "日…"}, {"über", "über"},
                                           {"a日本b", "a日…"}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *text = text_fit(cases[i][0], 4);

        ck_assert_str_eq(text, cases[i][1]);
        ck_assert_uint_le(text_columns(text), 4);
        mem_free(text);
    }
}
END_TEST

START_TEST(test_columns)
{
    ck_assert_uint_eq(text_columns(""), 0);
    ck_assert_uint_eq(text_columns("plain"), 5);
    ck_assert_uint_eq(text_columns("über"), 4);
    ck_assert_uint_eq(text_columns("日本語"), 6);
    /* e and a combining acute */
    ck_assert_uint_eq(text_columns("e\xcc\x81"), 1);
    ck_assert_uint_eq(text_columns("😀"), 2);
    ck_assert_uint_eq(text_columns("a\xff\xfe"), 3);
    ck_assert_uint_eq(text_columns("a\tb"), 3);
}
END_TEST

/* Broken at blanks only; a command that ends the text, or is all of it, is there to be copied. */
START_TEST(test_wrap)
{
    static const struct {
        const char *text;
        size_t used;
        const char *wrapped;
    } cases[] = {
        {"", 0, ""},
        {"one", 0, "one"},
        {"one two three four five", 0, "one two three four\n  five"},
        {"one two three four five", 10, "one two\n  three four five"},
        {"a-word-that-is-longer-than-a-line is whole", 4,
         "a-word-that-is-longer-than-a-line\n  is whole"},
        {"über größer größer", 0, "über größer größer"},
        {"changed; undo: pritunl-access x", 0, "changed; undo:\n  pritunl-access x"},
        {"try: sudo pritunl-access undo that is longer", 0,
         "try: sudo\n  pritunl-access\n  undo that is\n  longer"},
        {"pritunl-access enable somebody --wait", 0, "pritunl-access enable somebody --wait"},
        {"pritunl-access config, then the URI", 0, "pritunl-access\n  config, then the\n  URI"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf out = BUF_EMPTY(BUF_MAX);

        text_wrap(cases[i].text, cases[i].used, 2, 20, &out);
        ck_assert_str_eq(buf_text(&out), cases[i].wrapped);
        buf_free(&out);
    }
}
END_TEST

Suite *text_suite(void)
{
    Suite *suite = suite_create("text");
    TCase *tests = tcase_create("text");

    tcase_add_test(tests, test_format);
    tcase_add_test(tests, test_parts);
    tcase_add_loop_test(tests, test_is_utf8, 0, sizeof(utf8) / sizeof(utf8[0]));
    tcase_add_test(tests, test_decode);
    tcase_add_test(tests, test_printable);
    tcase_add_test(tests, test_nearest);
    tcase_add_test(tests, test_is_name);
    tcase_add_test(tests, test_number);
    tcase_add_test(tests, test_shell);
    tcase_add_test(tests, test_shell_shows_what_is_invisible);
    tcase_add_test(tests, test_shell_leaves_plain_words);
    tcase_add_test(tests, test_columns);
    tcase_add_test(tests, test_fit);
    tcase_add_test(tests, test_wrap);
    suite_add_tcase(suite, tests);
    return suite;
}
