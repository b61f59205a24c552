/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "format/format.h"

/*
 * Between single quotes a shell takes everything as it is but the quote, which is put beside them.
 */
bool sh_encode(const struct variable *variable, struct buf *out)
{
    buf_add_format(out, "export %s='", variable->name);
    for (const char *p = variable->value; *p != '\0'; p++)
        (void)(*p == '\'' ? buf_add_text(out, "'\\''") : buf_add(out, p, 1));
    return buf_add_text(out, "'\n");
}

/*
 * Reading: the assignments of a script as bash carries them out, without carrying anything out. A
 * value that only a run could tell (an expansion, a condition, a loop) is named as such.
 */
#define NESTED_MAX 64
#define HEREDOCS_MAX 8
#define EXPANDED "an expansion, which is not carried out"

struct heredoc {
    char *end;
    bool tabs; /* in front of its lines are taken off */
};

struct script {
    const char *text;
    const char *at;
    struct pairs *pairs;
    char open[NESTED_MAX]; /* what is open: i(f) w(hile) c(ase) { ( */
    size_t depth;
    unsigned nested; /* quotes and substitutions in each other */
    bool conditional;
    bool over; /* behind an exit */
    bool broken;
    struct heredoc heredocs[HEREDOCS_MAX];
    size_t heredoc_count;
};

struct word {
    const char *start;
    size_t length;    /* as written */
    const char *name; /* NAME= in front of it, or NULL */
    size_t name_length;
    struct buf value; /* what it stands for, less the name */
    const char *fault;
};

enum builtin { BUILTIN_NONE, BUILTIN_DECLARES, BUILTIN_TAKES, BUILTIN_ENDS };

struct command {
    size_t pairs; /* how many there were before it */
    bool named;   /* the word that says what is run was seen */
    enum builtin builtin;
    bool changes; /* declare -i, -u …: the value is not what stands there */
};

/* ---- words ---- */

static bool is_word_end(const char *p)
{
    if (*p == '\r')
        return p[1] == '\n' || p[1] == '\0';
    return *p == '\0' || strchr(" \t\n;&|()<>", *p) != NULL;
}

static void skip_double(struct script *script);
static void skip_until(struct script *script, char closing);

/* Behind the quote. */
static void skip_single(struct script *script)
{
    script->at += strcspn(script->at, "'");
    if (*script->at == '\0')
        script->broken = true;
    else
        script->at++;
}

static void skip_escaped(struct script *script, char quote)
{
    for (; *script->at != quote && *script->at != '\0'; script->at++)
        if (*script->at == '\\' && script->at[1] != '\0')
            script->at++;
    if (*script->at == '\0')
        script->broken = true;
    else
        script->at++;
}

/* At a dollar sign: whether something is expanded there; then at is behind it. */
static bool skip_expansion(struct script *script)
{
    char next = script->at[1];

    if (next == '(' || next == '{' || next == '[') {
        script->at += 2;
        skip_until(script, next == '(' ? ')' : next == '{' ? '}' : ']');
        return true;
    }
    if (next == '\'') {
        script->at += 2;
        skip_escaped(script, '\'');
        return true;
    }
    if (next == '_' || next == '"' || (next != '\0' && strchr("@*#?$!-", next) != NULL) ||
        (next >= '0' && next <= '9') || ((next | 0x20) >= 'a' && (next | 0x20) <= 'z')) {
        script->at++;
        return true;
    }
    script->at++;
    return false;
}

/* Up to the closing sign of a substitution, past what is quoted in it. */
static void skip_until(struct script *script, char closing)
{
    if (++script->nested > NESTED_MAX)
        script->broken = true;
    while (!script->broken && *script->at != closing) {
        char c = *script->at;

        if (c == '\0') {
            script->broken = true;
        } else if (c == '$') {
            skip_expansion(script);
        } else {
            script->at++;
            if (c == '\'')
                skip_single(script);
            else if (c == '"')
                skip_double(script);
            else if (c == '`')
                skip_escaped(script, '`');
            else if (c == '(' && closing == ')')
                skip_until(script, ')');
            else if (c == '\\' && *script->at != '\0')
                script->at++;
        }
    }
    script->at += !script->broken;
    script->nested--;
}

static void skip_double(struct script *script)
{
    if (++script->nested > NESTED_MAX)
        script->broken = true;
    while (!script->broken && *script->at != '"')
        if (*script->at == '\0')
            script->broken = true;
        else if (*script->at == '$')
            skip_expansion(script);
        else if (*script->at++ == '`')
            skip_escaped(script, '`');
        else if (script->at[-1] == '\\' && *script->at != '\0')
            script->at++;
    script->at += !script->broken;
    script->nested--;
}

/*
 * Between double quotes. What stands behind a backslash there is another thing for each reader of
 * such files.
 */
static void read_double(struct script *script, struct word *word)
{
    const char *start = script->at;

    skip_double(script);
    for (const char *p = start; p + 1 < script->at && word->fault == NULL; p++) {
        struct script inside = {.at = p};

        if (*p == '`' || (*p == '$' && skip_expansion(&inside)))
            word->fault = EXPANDED;
        else if (*p == '\\')
            word->fault = "a backslash in double quotes: not every reader takes it the same way";
    }
    if (!script->broken)
        buf_add(&word->value, start, (size_t)(script->at - 1 - start));
}

static void read_single(struct script *script, struct word *word)
{
    const char *start = script->at;

    skip_single(script);
    if (!script->broken)
        buf_add(&word->value, start, (size_t)(script->at - 1 - start));
}

/* What needs no closing sign; at is at it. */
static void read_bare(struct script *script, struct word *word)
{
    char c = *script->at;
    bool first = word->value.length == 0 || buf_text(&word->value)[word->value.length - 1] == ':';

    if (c == '\\') {
        script->at += script->at[1] != '\0' ? 2 : 1;
        if (script->at[-1] == '\r')
            word->fault = "a backslash at the end of a line";
        else if (script->at[-1] != '\n')
            buf_add(&word->value, script->at - 1, 1);
        return;
    }
    if (c == '~' && first && word->name != NULL)
        word->fault = EXPANDED;
    buf_add(&word->value, script->at++, 1);
}

static void read_rest(struct script *script, struct word *word)
{
    while (!script->broken && !is_word_end(script->at)) {
        switch (*script->at) {
        case '\'':
            script->at++;
            read_single(script, word);
            break;
        case '"':
            script->at++;
            read_double(script, word);
            break;
        case '`':
            script->at++;
            skip_escaped(script, '`');
            word->fault = EXPANDED;
            break;
        case '$':
            if (skip_expansion(script))
                word->fault = EXPANDED;
            else
                buf_add_text(&word->value, "$");
            break;
        default:
            read_bare(script, word);
        }
    }
}

static void read_word(struct script *script, struct word *word)
{
    const char *p = script->at;

    *word = (struct word){.start = p, .value = BUF_EMPTY(BUF_MAX)};
    if (scan_name(&p, &word->name, &word->name_length) && (*p == '=' || text_starts(p, "+="))) {
        if (*p == '+')
            word->fault = "it is added to what stood there before";
        script->at = p + 1 + (*p == '+');
        if (*script->at == '(') {
            script->at++;
            skip_until(script, ')');
            word->fault = "an array";
        }
    } else {
        word->name = NULL;
    }
    read_rest(script, word);
    word->length = (size_t)(script->at - word->start);
}

static bool word_is(const struct word *word, const char *text)
{
    return word->length == strlen(text) && memcmp(word->start, text, word->length) == 0;
}

static bool word_is_one_of(const struct word *word, const char *const *words)
{
    for (; *words != NULL; words++)
        if (word_is(word, *words))
            return true;
    return false;
}

/* ---- commands ---- */

static void open_block(struct script *script, char what)
{
    if (script->depth < NESTED_MAX)
        script->open[script->depth++] = what;
    else
        script->broken = true;
}

static void close_block(struct script *script, char what)
{
    if (script->depth > 0 && script->open[script->depth - 1] == what)
        script->depth--;
    else
        script->broken = true;
}

/* name (): what follows is its body, a command that is not carried out here. */
static bool take_function(struct script *script)
{
    const char *p = script->at;

    scan_blanks(&p);
    if (*p != '(')
        return false;
    p++;
    scan_blanks(&p);
    if (*p != ')')
        return false;
    script->at = p + 1;
    return true;
}

/* A word of the grammar: what follows is a command again. */
static bool take_reserved(struct script *script, const struct word *word)
{
    static const char *const passed[] = {"then", "do", "else", "elif", "!", "time", NULL};
    static const struct {
        const char *word;
        char what;
        bool opens;
    } rows[] = {{"if", 'i', true},    {"fi", 'i', false},   {"while", 'w', true},
                {"until", 'w', true}, {"done", 'w', false}, {"{", '{', true},
                {"}", '{', false},    {"esac", 'c', false}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!word_is(word, rows[i].word))
            continue;
        (rows[i].opens ? open_block : close_block)(script, rows[i].what);
        return true;
    }
    return word_is_one_of(word, passed);
}

static void skip_condition(struct script *script)
{
    const char *end = strstr(script->at, "]]");

    if (end == NULL)
        script->broken = true;
    else
        script->at = end + strlen("]]");
}

/* The word that says what is run. */
static void take_name(struct script *script, struct command *command, const struct word *word)
{
    static const char *const declaring[] = {"export",   "declare", "typeset",
                                            "readonly", "local",   NULL};
    static const char *const taking[] = {"unset", "read", "printf", "getopts", "mapfile", NULL};
    static const char *const ending[] = {"exit", "return", "exec", NULL};
    static const char *const looping[] = {"for", "select", NULL};

    if (take_reserved(script, word))
        return;
    if (word_is(word, "function")) {
        scan_blanks(&script->at);
        script->at += strcspn(script->at, " \t\r\n({");
        take_function(script);
        return;
    }
    command->named = true;
    /* What stands before a command is for that command alone. */
    pairs_cut(script->pairs, command->pairs);
    if (word_is_one_of(word, declaring))
        command->builtin = BUILTIN_DECLARES;
    else if (word_is_one_of(word, taking))
        command->builtin = BUILTIN_TAKES;
    else if (word_is_one_of(word, ending))
        command->builtin = BUILTIN_ENDS;
    else if (word_is_one_of(word, looping))
        open_block(script, 'w');
    else if (word_is(word, "case"))
        open_block(script, 'c');
    else if (word_is(word, "[["))
        skip_condition(script);
    if (command->builtin == BUILTIN_ENDS && !word_is(word, "exec") && script->depth == 0 &&
        !script->conditional)
        script->over = true;
}

static bool begins_line(const struct script *script, const char *at)
{
    while (at > script->text && strchr(" \t", at[-1]) != NULL)
        at--;
    return at == script->text || at[-1] == '\n';
}

static void add_assignment(struct script *script, const struct command *command, struct word *word)
{
    struct pair *pair =
        pairs_add(script->pairs, word->name, word->name_length, buf_take(&word->value));

    pair->at = word->start;
    pair->claim = begins_line(script, word->start) ? CLAIM_ALL : CLAIM_SHELL;
    if (script->over)
        pair->fault = "it stands behind the end of the script";
    else if (script->depth > 0)
        pair->fault = "it is set in a condition, a loop, a function or a subshell";
    else if (script->conditional)
        pair->fault = "it is set only under a condition";
    else if (command->changes)
        pair->fault = "an attribute changes what stands there";
    else
        pair->fault = word->fault;
}

static void take_command_argument(struct script *script, struct command *command, struct word *word)
{
    const char *at = word->start;
    const char *name = NULL;
    size_t length = 0;

    if (command->builtin == BUILTIN_DECLARES && *word->start == '-')
        command->changes = command->changes || strcspn(word->start, "aAciln+u") < word->length;
    else if (command->builtin == BUILTIN_DECLARES && word->name != NULL)
        add_assignment(script, command, word);
    else if (command->builtin == BUILTIN_TAKES && scan_name(&at, &name, &length) &&
             length == word->length)
        pairs_fault(script->pairs, name, length, "a command changes it")->at = name;
    else if (command->builtin == BUILTIN_ENDS && script->depth == 0 && !script->conditional)
        script->over = true;
}

/* "<", ">", "<<" …, and the word behind it. */
static void take_redirection(struct script *script)
{
    bool heredoc = text_starts(script->at, "<<") && !text_starts(script->at, "<<<");
    struct word word;
    bool tabs = false;
    bool process = false;

    script->at += strspn(script->at, "<>");
    if (heredoc && *script->at == '-') {
        tabs = true;
        script->at++;
    }
    process = *script->at == '(';
    script->at += *script->at == '&' || *script->at == '|';
    scan_blanks(&script->at);
    if (text_starts(script->at, "<(") || text_starts(script->at, ">(")) {
        process = true;
        script->at++;
    }
    if (process) {
        script->at++;
        skip_until(script, ')');
        return;
    }
    read_word(script, &word);
    if (word.length == 0 || (heredoc && script->heredoc_count == HEREDOCS_MAX))
        script->broken = true;
    else if (heredoc)
        script->heredocs[script->heredoc_count++] = (struct heredoc){
            word.name == NULL ? mem_text(buf_text(&word.value)) : mem_copy(word.start, word.length),
            tabs};
    buf_free(&word.value);
}

/* What the sign behind a command says about it: a pipe and "&" run it elsewhere. */
static void end_command(struct script *script, const struct command *command)
{
    bool elsewhere = (*script->at == '|' && script->at[1] != '|') ||
                     (*script->at == '&' && script->at[1] != '&');

    for (size_t i = command->pairs; elsewhere && i < script->pairs->count; i++)
        script->pairs->items[i].fault = "it is set in another process";
}

static void take_word(struct script *script, struct command *command, struct word *word)
{
    if (command->named)
        take_command_argument(script, command, word);
    else if (word->name != NULL)
        add_assignment(script, command, word);
    else
        take_name(script, command, word);
}

static void read_command(struct script *script)
{
    struct command command = {.pairs = script->pairs->count};

    for (;;) {
        struct word word;

        while (scan_text(&script->at, "\\\n") || strspn(script->at, " \t") > 0)
            scan_blanks(&script->at);
        if (*script->at == '<' || *script->at == '>') {
            take_redirection(script);
            if (script->broken)
                return;
            continue;
        }
        if (is_word_end(script->at) || *script->at == '#')
            break;
        read_word(script, &word);
        take_word(script, &command, &word);
        buf_free(&word.value);
        if (script->broken)
            return;
        if (command.named && command.builtin == BUILTIN_NONE && take_function(script))
            break;
    }
    end_command(script, &command);
}

/* ---- lines ---- */

static const char *line_end(const char *line, size_t *length)
{
    *length = strcspn(line, "\n");
    if (line[*length] == '\n') {
        const char *next = line + *length + 1;

        *length -= *length > 0 && line[*length - 1] == '\r';
        return next;
    }
    return line + *length;
}

static void skip_heredocs(struct script *script)
{
    for (size_t i = 0; i < script->heredoc_count; i++) {
        struct heredoc *heredoc = &script->heredocs[i];
        bool found = false;

        while (!found && *script->at != '\0') {
            size_t length = 0;
            const char *line = script->at + (heredoc->tabs ? strspn(script->at, "\t") : 0);

            script->at = line_end(line, &length);
            found = length == strlen(heredoc->end) && memcmp(line, heredoc->end, length) == 0;
        }
        mem_free(heredoc->end);
    }
    script->heredoc_count = 0;
}

static void close_paren(struct script *script)
{
    /* In a case it ends a pattern. */
    if (script->depth == 0 || script->open[script->depth - 1] != 'c')
        close_block(script, '(');
}

/* The sign between two commands; at is at it. */
static void take_sign(struct script *script)
{
    char c = *script->at++;

    if (c == '\n') {
        script->conditional = false;
        skip_heredocs(script);
    } else if (c == ';') {
        script->conditional = false;
    } else if (c == '(') {
        open_block(script, '(');
    } else if (c == ')') {
        close_paren(script);
    } else if (c == '&') {
        script->conditional = *script->at == '&';
        script->at += *script->at == '&';
    } else if (c == '|') {
        script->conditional = true;
        script->at += *script->at == '|' || *script->at == '&';
    }
}

bool sh_decode(const char *text, struct pairs *pairs)
{
    struct script script = {.text = text, .at = text, .pairs = pairs};

    while (!script.broken && *script.at != '\0') {
        script.at += strspn(script.at, " \t");
        if (*script.at == '#')
            script.at += strcspn(script.at, "\n");
        else if (*script.at == '\r' || *script.at == '\0')
            script.at += *script.at == '\r';
        else if (*script.at != '<' && *script.at != '>' && is_word_end(script.at))
            take_sign(&script);
        else
            read_command(&script);
    }
    skip_heredocs(&script);
    pairs_number(pairs, text);
    return (!script.broken && script.depth == 0) ||
           pairs_fail(pairs, "no script that a shell takes");
}
