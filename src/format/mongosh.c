/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "format/format.h"
#include "format/tree.h"

/*
 * What mongosh (and the old mongo) print is JavaScript: names with or without quotes, strings in
 * any of three quotes, perhaps in pieces joined by "+", and calls such as ObjectId('…'). People
 * paste it with prompts and messages around.
 */
#define DEPTH_MAX 32
#define BLANK " \t\r\n"
#define WORD "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_$.-"

struct paste {
    const char *at;
    const char *counted; /* line is that of counted */
    size_t line;
};

static bool read_js_value(struct paste *paste, unsigned depth, struct node *node);

static void skip_js_space(struct paste *paste)
{
    paste->at += strspn(paste->at, BLANK);
}

static size_t line_here(struct paste *paste)
{
    for (; paste->counted < paste->at; paste->counted++)
        paste->line += *paste->counted == '\n';
    return paste->line;
}

static bool is_quote(char c)
{
    return c == '"' || c == '\'' || c == '`';
}

/* One string, or several with "+" between them. */
static bool read_string(struct paste *paste, struct buf *value)
{
    do {
        skip_js_space(paste);
        if (!is_quote(*paste->at) || !escaped_read(&paste->at, ESCAPED_JS, value))
            return false;
        skip_js_space(paste);
    } while (scan_text(&paste->at, "+"));
    return true;
}

/* Null, a number, a call; a bare word is none of these, and YAML's perhaps. */
static bool read_other(struct paste *paste, unsigned depth, struct node *node)
{
    static const char *const words[] = {"true", "false",  "Infinity", "-Infinity",
                                        "NaN",  "MinKey", "MaxKey"};
    const char *start = NULL;
    char *word = NULL;
    bool known = false;
    struct node ignored = {0};

    scan_text(&paste->at, "new ");
    start = paste->at;
    paste->at += strspn(paste->at, WORD);
    word = mem_copy(start, (size_t)(paste->at - start));
    node->kind = NODE_OTHER;
    node->fault = "no text";
    if (text_equal(word, "null") || text_equal(word, "undefined"))
        node->kind = NODE_NULL;
    known = node->kind == NODE_NULL || (*word >= '0' && *word <= '9') ||
            (*word == '-' && word[1] >= '0' && word[1] <= '9');
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        known = known || text_equal(word, words[i]);
    if (*word != '\0' && *paste->at == '(') {
        known = read_js_value(paste, depth + 1, &ignored);
        node_clear(&ignored);
    }
    mem_free(word);
    return known;
}

/* What mongosh writes instead of an object that lies too deep, or of many elements. */
static bool scan_left_out(struct paste *paste)
{
    static const char *const rows[] = {"[Object]", "[Array]", "[Function", "[Circular"};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (text_starts(paste->at, rows[i])) {
            paste->at += strcspn(paste->at, "]\n");
            return scan_text(&paste->at, "]");
        }
    if (!text_starts(paste->at, "... "))
        return false;
    paste->at += strcspn(paste->at, "\n]");
    return true;
}

static bool read_member_key(struct paste *paste, struct buf *key)
{
    skip_js_space(paste);
    if (is_quote(*paste->at)) {
        if (!escaped_read(&paste->at, ESCAPED_JS, key))
            return false;
    } else {
        size_t length = strspn(paste->at, WORD);

        if (length == 0)
            return false;
        buf_add(key, paste->at, length);
        paste->at += length;
    }
    skip_js_space(paste);
    return scan_text(&paste->at, ":");
}

/* Members up to the closing sign: of an object with their keys. */
static bool read_members(struct paste *paste, char closing, unsigned depth, struct node *node)
{
    paste->at++;
    for (;;) {
        struct buf key = BUF_EMPTY(BUF_MAX);
        bool done = true;

        skip_js_space(paste);
        if (*paste->at == closing) {
            paste->at++;
            return true;
        }
        if (closing == '}')
            done = read_member_key(paste, &key);
        done = done && read_js_value(paste, depth + 1,
                                     node_add(node, closing == '}' ? buf_text(&key) : NULL));
        buf_free(&key);
        skip_js_space(paste);
        if (!done || (!scan_text(&paste->at, ",") && *paste->at != closing))
            return false;
    }
}

static bool read_js_value(struct paste *paste, unsigned depth, struct node *node)
{
    skip_js_space(paste);
    if (depth >= DEPTH_MAX)
        return false;
    node->line = line_here(paste);
    node->kind = NODE_OTHER;
    if (is_quote(*paste->at)) {
        struct buf value = BUF_EMPTY(BUF_MAX);
        bool done = read_string(paste, &value);

        node->kind = NODE_TEXT;
        node->text = buf_take(&value);
        return done;
    }
    if (scan_left_out(paste))
        return true;
    if (*paste->at == '{' || *paste->at == '[' || *paste->at == '(') {
        node->kind = *paste->at == '{' ? NODE_MAP : NODE_LIST;
        return read_members(paste,
                            *paste->at == '{'   ? '}'
                            : *paste->at == '[' ? ']'
                                                : ')',
                            depth, node);
    }
    return read_other(paste, depth, node);
}

/* Documents and arrays begin a line; what else stands there was not printed for a document. */
static void read_mongosh_documents(struct paste *paste, struct node *documents, bool *foreign)
{
    while (*paste->at != '\0') {
        const char *line = NULL;

        skip_js_space(paste);
        line = paste->at;
        if (*line == '{' || *line == '[') {
            struct paste trial = *paste;

            if (read_js_value(&trial, 0, node_add(documents, NULL))) {
                *paste = trial;
                continue;
            }
            node_clear(&documents->members[--documents->count].value);
        }
        *foreign = *foreign || *line != '\0';
        paste->at += strcspn(paste->at, "\n");
    }
}

bool mongosh_decode(const char *text, struct pairs *pairs)
{
    struct paste paste = {.at = text, .counted = text, .line = 1};
    struct node documents = {.kind = NODE_LIST};

    read_mongosh_documents(&paste, &documents, &pairs->foreign);
    if (documents.count == 1)
        tree_collect(&documents.members[0].value, pairs);
    else
        tree_collect(&documents, pairs);
    node_clear(&documents);
    return pairs->count > 0 || pairs_fail(pairs, "no document of mongosh's");
}
