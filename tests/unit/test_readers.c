/* SPDX-License-Identifier: MIT */
/*
 * What each reader makes of a text. What is expected of one that has a program for it was seen from
 * that program (bash, fish, PyYAML, Terraform's own parser): it finds the same value, or we say why
 * we take none.
 */
#include <check.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "format/find.h"
#include "format/format.h"

Suite *readers_suite(void);

/* "NAME=VALUE", or "NAME!FAULT"; "|" between them. "!FAULT" of a text that cannot be read. */
static char *tell(bool read, const struct pairs *pairs)
{
    struct buf out = BUF_EMPTY(BUF_MAX);

    for (size_t i = 0; read && i < pairs->count; i++) {
        const struct pair *pair = &pairs->items[i];

        buf_add_format(&out, "%s%s%s%s", i > 0 ? "|" : "", pair->name,
                       pair->fault != NULL ? "!" : "=",
                       pair->fault != NULL ? pair->fault : pair->value);
    }
    if (!read)
        buf_add_format(&out, "!%s", pairs->fault);
    return buf_take(&out);
}

static void expect_read(bool (*decode)(const char *text, struct pairs *pairs), const char *text,
                        const char *expected)
{
    struct pairs pairs = {0};
    char *found = tell(decode(text, &pairs), &pairs);

    ck_assert_msg(strcmp(found, expected) == 0, "%s\n  is read as %s\n  and not as %s", text, found,
                  expected);
    mem_free(found);
    pairs_clear(&pairs);
}

struct reading {
    const char *text;
    const char *expected;
};

#define EXPANDED "an expansion, which is not carried out"
#define INSIDE "it is set in a condition, a loop, a function or a subshell"
#define PERHAPS "it is set only under a condition"
#define ELSEWHERE "it is set in another process"
#define BEHIND "it stands behind the end of the script"
#define NO_SCRIPT "no script that a shell takes"

/* Where bash sets a variable for good, and to what; what it would have to run is a fault. */
static const struct reading scripts[] = {
    {"A=1 env\nB=2", "B=2"},
    {"A=1; B=2 # C=3\n#D=4", "A=1|B=2"},
    {"A=x\\y B='z'\"w\"", "A=xy|B=zw"},
    {"A=x\\\ny", "A=xy"},
    {"A=$ B=a$%", "A=$|B=a$%"},
    {"A+=1", "A!it is added to what stood there before"},
    {"A=(1 '2)')\nB=2", "A!an array|B=2"},
    {"A=`x \\` y`\nB=2", "A!" EXPANDED "|B=2"},
    {"A=$(a 'b)' \"c)\" `d ')'` (e) $(f) ${g} \\) )\nB=2", "A!" EXPANDED "|B=2"},
    {"A=$((1 + (2)))\nB=${C:-\"}\"}", "A!" EXPANDED "|B!" EXPANDED},
    {"A=\"$(echo \")\")`x`\"\nB=2", "A!" EXPANDED "|B=2"},
    {"A=$'x\\'y'\nB=$\"z\" C=$1 D=$?", "A!" EXPANDED "|B!" EXPANDED "|C!" EXPANDED "|D!" EXPANDED},
    {"A=~/x\nB=y:~\nC=y~", "A!" EXPANDED "|B!" EXPANDED "|C=y~"},
    {"A=\"x\\y\"", "A!a backslash in double quotes: not every reader takes it the same way"},
    {"A=x\\\r\nB=2", "A!a backslash at the end of a line|B=2"},
    {"exit; A=1", "A!" BEHIND},
    {"return 3\nA=1", "A!" BEHIND},
    {"exec >log\nA=1", "A=1"},
    {"exec env\nA=1", "A!" BEHIND},
    {"false && exit\nA=1", "A=1"},
    {"true && A=1; B=2", "A!" PERHAPS "|B=2"},
    {"true || A=1\nB=2", "A!" PERHAPS "|B=2"},
    {"A=1 | cat\nB=2", "A!" ELSEWHERE "|B=2"},
    {"cat | A=1\nB=2 |& cat", "A!" PERHAPS "|B!" ELSEWHERE},
    {"A=1 &\nB=2", "A!" ELSEWHERE "|B=2"},
    {"if true; then A=1; elif false; then B=2; fi\nC=3", "A!" INSIDE "|B!" INSIDE "|C=3"},
    {"for i in 1 2; do A=$i; done; while false; do B=2; done", "A!" INSIDE "|B!" INSIDE},
    {"case x in x) A=1;; *) B=2;; esac\nC=3", "A!" INSIDE "|B!" INSIDE "|C=3"},
    {"(A=1)\n{ B=2; }\nC=3", "A!" INSIDE "|B!" INSIDE "|C=3"},
    {"f() { A=1; }\nB=2", "A!" INSIDE "|B=2"},
    {"f ( ) { A=1; }\nB=2", "A!" INSIDE "|B=2"},
    {"function f { A=1; }\nfunction g () { B=2; }\nC=3", "A!" INSIDE "|B!" INSIDE "|C=3"},
    {"[[ -n x && y < z ]]\nA=1", "A=1"},
    {"export A=1 B=2\ndeclare -r C=3", "A=1|B=2|C=3"},
    {"declare -i A=1\ntypeset -u B=b", "A!an attribute changes what stands there|"
                                       "B!an attribute changes what stands there"},
    {"A=1\nunset A\nread B", "A=1|A!a command changes it|B!a command changes it"},
    {"cat <<E\nA=1\nE\nB=2", "B=2"},
    {"cat <<-'E F'\n\tA=1\n\tE F\nB=2", "B=2"},
    {"cat <<E <<F\nA=1\nE\nB=2\nF\nC=3", "C=3"},
    {"cat <<E\nA=1", ""},
    {"cat <<<x >y 2>&1\nA=1", "A=1"},
    {"cat < <(A=1)\nB=2", "B=2"},
    {"cat <(A=1) 2> >(cat)\nB=2", "B=2"},
    {"cat > (A=1)", "!" NO_SCRIPT},
    {"A=\"x", "!" NO_SCRIPT},
    {"A='x", "!" NO_SCRIPT},
    {"A=`x", "!" NO_SCRIPT},
    {"A=$(x", "!" NO_SCRIPT},
    {"A=\"$(x\"", "!" NO_SCRIPT},
    {"[[ x\nA=1", "!" NO_SCRIPT},
    {"A=1; fi", "!" NO_SCRIPT},
    {"if A=1; done", "!" NO_SCRIPT},
    {"(A=1", "!" NO_SCRIPT},
    {"cat >", "!" NO_SCRIPT},
};

START_TEST(test_scripts)
{
    expect_read(sh_decode, scripts[_i].text, scripts[_i].expected);
}
END_TEST

static char *repeat(const char *text, int count, const char *behind)
{
    struct buf out = BUF_EMPTY(BUF_MAX);

    for (int i = 0; i < count; i++)
        buf_add_text(&out, text);
    buf_add_text(&out, behind);
    return buf_take(&out);
}

/* Deeper than anybody writes, and than a stack is. */
START_TEST(test_depth)
{
    static const struct {
        bool (*decode)(const char *text, struct pairs *pairs);
        const char *part;
        const char *behind;
        const char *expected;
    } rows[] = {
        {sh_decode, "(", "A=1", "!" NO_SCRIPT},
        {sh_decode, "$(", "A=1", "!" NO_SCRIPT},
        {sh_decode, "\"$(", "A=1", "!" NO_SCRIPT},
        {sh_decode, "<<E ", "\nA=1", "!" NO_SCRIPT},
        {tfvars_decode, "A=\"${", "", "!not in Terraform's language"},
        {yaml_decode, "[", "", "!nested too deeply"},
        {yaml_decode, "- ", "A", "!nested too deeply"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *text = repeat(rows[i].part, 1000, rows[i].behind);

        expect_read(rows[i].decode, text, rows[i].expected);
        mem_free(text);
    }
}
END_TEST

#define NO_HCL "!not in Terraform's language"
#define TEMPLATE "an expansion or an escape that is not carried out"

static const struct reading variables[] = {
    {"# c\n// d\n/* e\n*/ A = \"1\" # f\nB=\"2\" /* g */", "A=1|B=2"},
    {"A = \"1\"\n/* to the end", NO_HCL},
    {"A = \"1\" /* to the end", NO_HCL},
    {"A = 1 /* to the end", NO_HCL},
    {"A = \"$${x} %%{y} $z\"", "A=${x} %{y} $z"},
    {"A = \"\\u00e4\\n\\\"\"", "A=\xC3\xA4\n\""},
    {"A = \"${b(\"}\", \"{\")}\"\nB = \"%{if true}${c}%{endif}\"\nC = \"3\"",
     "A!" TEMPLATE "|B!" TEMPLATE "|C=3"},
    {"A = \"$${b} ${c}\"\nB = \"\\x\"", "A!" TEMPLATE "|B!" TEMPLATE},
    {"A = <<E\nB = \"2\"\n  E\nC = \"3\"", "A!a heredoc, which ends with a line break|C=3"},
    {"A = <<-E1\n  x\n  E1 y\n  E1\nC = \"3\"", "A!a heredoc, which ends with a line break|C=3"},
    {"A = [\n  \"1\", # c\n  {b = 2}\n]\nB = true\nC = -1", "A!no text|B!no text|C!no text"},
    {"a-b = \"1\"\nc \"d\" {\n  e = \"2\"\n}\nF = \"3\"", "a-b=1|F=3"},
    {"A = <<E\nx", NO_HCL},
    {"A = <<1\nx\n1", NO_HCL},
    {"A = \"${b", NO_HCL},
    {"A = \"${\"b}", NO_HCL},
    {"A = \"b", NO_HCL},
    {"A = [\"${b]", NO_HCL},
    {"A = [<<E\n", NO_HCL},
    {"A = [1", NO_HCL},
    {"A = 1]", NO_HCL},
    {"A = '1'", NO_HCL},
    {"A = b", NO_HCL},
    {"A == \"1\"", NO_HCL},
    {"= \"1\"", NO_HCL},
};

START_TEST(test_variables)
{
    expect_read(tfvars_decode, variables[_i].text, variables[_i].expected);
}
END_TEST

#define NUMBER "a number or a date for some readers of YAML: put it in quotes"
#define TAGGED "its tag says that it is no text, or encrypted"

static const struct reading yamls[] = {
    {"A: .inf\nB: -.NaN\nC: 0x1F\nD: 0o7\nE: 0b1\nF: 1_000",
     "A!" NUMBER "|B!" NUMBER "|C!" NUMBER "|D!" NUMBER "|E!" NUMBER "|F!" NUMBER},
    {"A: 1e5\nB: 1.5E-3\nC: 12:30\nD: 2020-01-01\nE: +1",
     "A!" NUMBER "|B!" NUMBER "|C!" NUMBER "|D!" NUMBER "|E!" NUMBER},
    {"A: 0xyz\nB: 1ex\nC: 1.2.3x\nD: x1\nE: 12:x", "A=0xyz|B=1ex|C=1.2.3x|D=x1|E=12:x"},
    {"A: ~\nB:\nC: null\nD: 'null'", "D=null"},
    {"A: !!str 1\nB: ! 2\nC: !!int 3\nD: !vault |\n  x", "A=1|B=2|C!" TAGGED "|D!" TAGGED},
    {"A: \"x\\0y\"", "A!text with a NUL character"},
    {"A: &x '1'\nB: *x\nC: &x '2'\nD: *x", "A=1|B=1|C=2|D=2"},
    {"a: &x {A: '1'}\nb: *x", "A=1|A=1"},
    {"A: *x", "!an alias without its anchor"},
    {"A: &x '1'\n---\nA: *x", "!an alias without its anchor"},
    {"? [a, b]\n: A\n? {c: d}\n: B", "?=A|?=B"},
    {"A: [1", "!did not find expected ',' or ']'"},
    {"A: '1'\n--- \nB: '2'", "A=1|B=2"},
    {"A: \xFF", "!invalid leading UTF-8 octet"},
    {"kind: Secret\ndata: {A: eA==, B: null, C: '!', D: [1]}\nstringData: {A: w, E: z}",
     "A=x|C!it is no base64, or stands for no text, in the data of a Secret|"
     "D!it is no base64, or stands for no text, in the data of a Secret|A=w|E=z"},
    {"kind: SealedSecret\nspec: {encryptedData: {A: x}}",
     "kind!encrypted (SealedSecret)|spec!encrypted (SealedSecret)|encryptedData!encrypted (SealedSecret)|"
     "A!encrypted (SealedSecret)"},
    {"kind: ExternalSecret\nA: x", "kind!a reference to another place (ExternalSecret)|"
                                   "A!a reference to another place (ExternalSecret)"},
    {"environment: {A: $x, B: z}", "A!" EXPANDED "|B=z"},
    {"environment: [A=1, 'B=$x', C, =D]", "A=1|B!" EXPANDED},
    {"- {name: /p/q/A, value: '1'}\n- {Key: B, Value: $x}\n- {name: C}",
     "A=1|B!" EXPANDED "|name=/p/q/A|value=1|Key=B|"
     "Value=$x|name=C"},
};

START_TEST(test_yamls)
{
    expect_read(yaml_decode, yamls[_i].text, yamls[_i].expected);
}
END_TEST

/* "<<": the last counts, which is what stands in the map itself; then the first that is merged. */
START_TEST(test_merged)
{
    static const char text[] = "a: &a {A: '1', B: '2'}\nb: &b {B: '3', C: '4'}\n"
                               "c:\n  <<: [*a, *b]\n  A: '5'";
    static const char expected[] = "B=3 C=4 A=1 B=2 A=5 ";
    struct pairs pairs = {0};
    struct buf found = BUF_EMPTY(BUF_MAX);

    ck_assert(yaml_decode(text, &pairs));
    for (size_t i = 0; i < pairs.count; i++)
        if (strcmp(pairs.labels[pairs.items[i].group], "c") == 0)
            buf_add_format(&found, "%s=%s ", pairs.items[i].name, pairs.items[i].value);
    ck_assert_str_eq(buf_text(&found), expected);
    buf_free(&found);
    pairs_clear(&pairs);
}
END_TEST

/* Nine aliases of nine of nine …: a line each. */
START_TEST(test_aliases_that_stand_for_too_much)
{
    struct buf text = BUF_EMPTY(BUF_MAX);
    struct pairs pairs = {0};

    buf_add_text(&text, "a0: &a0 [x]\n");
    for (int i = 1; i < 9; i++) {
        buf_add_format(&text, "a%d: &a%d [", i, i);
        for (int k = 0; k < 9; k++)
            buf_add_format(&text, "*a%d, ", i - 1);
        buf_add_text(&text, "]\n");
    }
    ck_assert(!yaml_decode(buf_text(&text), &pairs));
    ck_assert_str_eq(pairs.fault, "aliases stand for too much");
    buf_free(&text);
    pairs_clear(&pairs);
}
END_TEST

static const struct reading jsons[] = {
    {"{\"A\": {\"sensitive\": true, \"type\": \"string\", \"value\": \"1\"}, \"B\": {\"type\": 1}}",
     "A=1|sensitive!a number or a truth value, not text|type=string|value=1|"
     "type!a number or a truth value, not text"},
    {"{\"SecretString\": \" {\\\"A\\\": \\\"1\\\"}\", \"B\": \"{\"}",
     "SecretString= {\"A\": \"1\"}|"
     "B={|A=1"},
    {"[{\"Name\": \"A\", \"Value\": \"1\"}]", "A=1|Name=A|Value=1"},
};

START_TEST(test_jsons)
{
    expect_read(json_decode, jsons[_i].text, jsons[_i].expected);
}
END_TEST

/* A text in any format: the token, secret and URL that are found in it, or why none are. */
static void expect_found(const char *text, size_t length, const char *expected)
{
    const struct wanted wanted = {0};
    struct pairs pairs = {0};
    struct error error = {0};
    struct access *access = NULL;
    char *found = NULL;

    if (format_decode("it", text, length, NULL, &pairs, &error) &&
        find_credential(&wanted, "it", &pairs, &access, &error))
        found = text_format("%s %s%s%s", access->token, access->secret,
                            access->url != NULL ? " " : "", access->url != NULL ? access->url : "");
    else
        found = mem_text(error.text);
    ck_assert_msg(strstr(found, expected) == found ||
                      (*expected == '!' && strstr(found, expected + 1) != NULL),
                  "%s\n  gives %s\n  and not %s", text, found, expected);
    access_free(access);
    mem_free(found);
    pairs_clear(&pairs);
}

#define T "PRITUNL_TOKEN"
#define S "PRITUNL_SECRET"
#define U "PRITUNL_URL"

/* "!": these words are in the message. */
static const struct reading texts[] = {
    /* fish */
    {"set -gx " T " a\nset -x " S " 'b'", "a b"},
    {"set -gx " T " a\nand set -gx " S " b", "!only under a condition"},
    {"true && set -gx " T " a\nset -gx " S " b", "!only under a condition"},
    {"if true\n set -gx " T " a\nend\nset -gx " S " b", "!in a condition, a loop or a function"},
    {"set -gx " T " \\\na\nset -gx " S " b # c", "a b"},
    {"set -gx " T " a c\nset -gx " S " b", "!a list, not one value"},
    {"set -gxa " T " a\nset -gx " S " b", "!something else stands there than one value"},
    {"set -gx " T " a | cat\nset -gx " S " b", "!something else stands there than one value"},
    {"export " T "=a\nset -gx " S " b", "a b"},
    {"export " T "=a\nset -gx " T " c\nset -gx " S " b", "!fish takes it for something else"},
    /* dotenv's readers and a shell */
    {T "=a\n" S "=b\n" U "=https://x", "a b https://x"},
    {T "=a\n" T "=c\n" S "=b", "c b"},
    {T "=a\n" T "=c\n" S "=b\necho x", "!set more than once, and not every reader sees"},
    {"cat <<E\n" T "=a\nE\n" S "=b", "!a shell does not read it there"},
    {"if true; then\n" T "=a\nfi\n" S "=b", "!in a condition, a loop, a function or a subshell"},
    {T "=a\n" S "=b\ncat <<E\n" T "=c\nE",
     "!more than once, or a shell takes it for something else"},
    {T "=\"a\r\nc\"\n" S "=b", "!a line break of Windows in quotes"},
    {"export " T " =a\n" S "=b", "!a blank beside the sign"},
    {T "='a'; export " T "\n" S "=\"b\"; export " S, "a b"},
    {"export " T "=a " S "=b", "a b"},
    /* Terraform and a shell */
    {"x = \"1\"\n" T " = \"a\"\n" S " = \"b\"", "a b"},
    {T "=\"a%%{c\"\n" S "=\"b\"", "!Terraform and a shell take it for different things"},
    {"x=\"1\"\n" T "=12345678\n" S "=\"b\"", "12345678 b"},
    /* JavaScript and YAML */
    {"{" T ": 'a', " S ": 'b'}", "a b"},
    /* JSON, YAML: which pair, and which URL */
    {"{\"" T "\": \"ENC[x]\", \"" S "\": \"b\"}", "!encrypted (sops)"},
    {T ": a\n" T ": c\n" S ": b", "!it stands there twice"},
    {"c: {" T ": a, " S ": b}\nd: {" T ": e, " S ": b}",
     "!several pairs that differ: " T " (line 1) in c, " T " (line 2) in d"},
    {"c: {" T ": a, " S ": b}\nd: {" T ": a, " S ": b}", "a b"},
    {T "=a\n" S "=b\n" U "=", "a b"},
    {"{\"" T "\": \"a\", \"" S "\": \"b\", \"c\": {\"" U "\": \"https://x\"}, "
     "\"d\": {\"" U "\": \"https://y\"}}",
     "!several URLs that differ"},
    {"{\"" T "\": \"a\", \"" S "\": \"b\", \"" U "\": \"https://${X}\"}",
     "!the value of " U " is not taken: it holds an expansion"},
    {"{\"" T "\": \"a\", \"" U "\": \"https://x\"}", "!a token without a secret"},
    /* none */
    {"{\"" T "\": ", "!it: "},
    {T ": [a", "!it: line 2: did not find expected"},
    {"x: y", "!no token and secret under known names"},
    {"\xFF\xFEP", "!UTF-16: save it as UTF-8"},
};

START_TEST(test_texts)
{
    expect_found(texts[_i].text, strlen(texts[_i].text), texts[_i].expected);
}
END_TEST

START_TEST(test_no_texts)
{
    expect_found("P\0R\0I\0", 6, "!UTF-16 without its mark: save it as UTF-8");
    expect_found(T "=a\0b", sizeof(T "=a\0b") - 1, "!NUL characters: it is no text");
}
END_TEST

#define COUNT(rows) (int)(sizeof(rows) / sizeof *(rows))

Suite *readers_suite(void)
{
    Suite *suite = suite_create("readers");
    TCase *tests = tcase_create("readers");

    tcase_add_loop_test(tests, test_scripts, 0, COUNT(scripts));
    tcase_add_loop_test(tests, test_variables, 0, COUNT(variables));
    tcase_add_loop_test(tests, test_yamls, 0, COUNT(yamls));
    tcase_add_loop_test(tests, test_jsons, 0, COUNT(jsons));
    tcase_add_loop_test(tests, test_texts, 0, COUNT(texts));
    tcase_add_test(tests, test_no_texts);
    tcase_add_test(tests, test_depth);
    tcase_add_test(tests, test_merged);
    tcase_add_test(tests, test_aliases_that_stand_for_too_much);
    suite_add_tcase(suite, tests);
    return suite;
}
