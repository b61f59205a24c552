/* SPDX-License-Identifier: MIT */
/* Every reader of a text over every beginning of every good text: where it ends, nobody may look further. */
#include <check.h>
#include <endian.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "cli/options.h"
#include "corpus.h"
#include "format/format.h"

Suite *prefixes_suite(void);

/* The text's NUL is the last byte that may be read: behind it lies a page that nobody may touch. */
struct edge {
    char *pages;
    size_t size;
};

static void edge_begin(struct edge *edge, size_t longest)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    edge->size = (longest / page + 2) * page;
    edge->pages =
        mmap(NULL, edge->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert(edge->pages != MAP_FAILED);
    ck_assert_int_eq(mprotect(edge->pages + edge->size - page, page, PROT_NONE), 0);
}

static const char *edge_put(const struct edge *edge, const char *text, size_t length)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *at = edge->pages + edge->size - page - length - 1;

    memcpy(at, text, length);
    at[length] = '\0';
    return at;
}

#define WORDS_MAX 64

/* Every word that --format takes; dump has one that is no format. */
static const struct format *formats[WORDS_MAX];
static int format_count;

static void list_formats(void)
{
    char *words = mem_text(option_table[OPTION_FORMAT].choices);

    for (char *rest = words, *word = strsep(&rest, " "); word != NULL; word = strsep(&rest, " ")) {
        const struct format *format = format_find(word);

        if (format != NULL && format_count < WORDS_MAX)
            formats[format_count++] = format;
    }
    mem_free(words);
}

static void read_prefixes(const char *text)
{
    size_t whole = strlen(text);
    struct edge edge;

    edge_begin(&edge, whole);
    for (size_t length = 0; length <= whole; length++) {
        const char *at = edge_put(&edge, text, length);
        struct pairs pairs;
        struct error error = {0};

        format_decode("text", at, length, NULL, &pairs, &error);
        pairs_clear(&pairs);
        for (int i = 0; i < format_count; i++) {
            pairs = (struct pairs){0};
            if (formats[i]->decode != NULL)
                formats[i]->decode(at, &pairs);
            pairs_clear(&pairs);
        }
        pairs = (struct pairs){0};
        mongosh_decode(at, &pairs);
        pairs_clear(&pairs);
    }
    munmap(edge.pages, edge.size);
}

/* What no writer of ours makes, and our readers take or look into. */
static const char *const texts[] = {
    "{\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\\\\\":\"\\\"\"}",
    "{ _id: ObjectId('5f0'), token: 'a\\'b' + \"c\\u00e9\" + `d\\x41${`, n: [1, {x: new Date(0)}] }",
    "[ { \"token\" : \"a\\uD83D\\uDE00\", 'secret' : 'b\\\\' } ]",
    "---\n# a comment\r\n\"y\": \"a\\u00e9\\U0001F600\\x41\\e\"\r\nb: 'it''s'\nc: plain\n",
    "a = \"\\\"$${x} %%{y} \\u00e9\\U0001F600\"\nb=\"c\"\n",
    "export A='b'\\''c' # d\nB=\"e\\\"f\\$g\"\n",
    "A=b\nC='d e'\nE=\"f\\ng\" # h\n",
    "set -gx A 'b\\'c\\\\'\nset -gx D \"e\"\n",
    "A<<EOF_1\nb\nc\nEOF_1\nD=e\n",
    "apiVersion: v1\nkind: Secret\nmetadata:\n  name: \"a\"\ntype: Opaque\ndata:\n  A: YWJj\n",
    "# docker\nA=b c\nD=\n",
    "\xEF\xBB\xBF{\"a\": \"\\ud83d\\ude00\", \"b\": {\"c\": [1, 2.5e3, null, true]}}\n",
};

START_TEST(test_texts)
{
    read_prefixes(texts[_i]);
}
END_TEST

static const char *const values[] = {
    "x",
    "",
    "quote ' and \" and `",
    "back\\slash\\",
    "$HOME ${x} %{y} $(z)",
    "#no # comment",
    " blanks ",
    "\xC3\xA9 \xF0\x9F\x98\x80",
    "-leading=and",
    "two\nlines",
    "tab\tand\x01",
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
};

START_TEST(test_written)
{
    const struct format_options options = {.name = "a-name", .namespace = "a-space"};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        struct variable items[] = {{.name = "PRITUNL_URL", .value = "https://vpn.example"},
                                   {.name = "y", .value = values[i]}};
        struct variables variables = {.items = items, .count = 2};
        struct buf text = BUF_EMPTY(BUF_MAX);
        struct error error = {0};

        if (format_encode(formats[_i], &options, &variables, &text, &error))
            read_prefixes(buf_text(&text));
        buf_free(&text);
    }
}
END_TEST

static void read_beginnings(const struct fuzz_target *target, const char *bytes, size_t whole)
{
    struct edge edge;

    edge_begin(&edge, whole);
    for (size_t length = 0; length <= whole; length++)
        target->read(edge_put(&edge, bytes, length), length);
    munmap(edge.pages, edge.size);
}

/* A BSON document says its length itself: each beginning says its own, or nobody looks behind it. */
static void read_documents_cut(const struct fuzz_target *target, const char *bytes, size_t whole)
{
    for (uint32_t length = 5; length < whole; length++) {
        char *cut = mem_copy(bytes, length);
        uint32_t said = htole32(length);

        memcpy(cut, &said, sizeof said);
        cut[length - 1] = '\0';
        target->read(cut, length);
        mem_free(cut);
    }
}

/* Every reader of bytes from outside, over what its fuzzing began with: good bytes of its kind. */
START_TEST(test_seeds)
{
    fuzz_begin();
    ck_assert_int_gt(corpus_each(&fuzz_targets[_i], "seed-", read_beginnings), 0);
}
END_TEST

START_TEST(test_documents_cut)
{
    fuzz_begin();
    ck_assert_int_gt(corpus_each(fuzz_find("documents"), "seed-", read_documents_cut), 0);
}
END_TEST

Suite *prefixes_suite(void)
{
    Suite *suite = suite_create("prefixes");
    TCase *tests = tcase_create("prefixes");

    list_formats();
    tcase_add_loop_test(tests, test_texts, 0, sizeof texts / sizeof *texts);
    tcase_add_loop_test(tests, test_written, 0, format_count);
    tcase_add_loop_test(tests, test_seeds, 0, (int)fuzz_target_count);
    tcase_add_test(tests, test_documents_cut);
    suite_add_tcase(suite, tests);
    return suite;
}
