/* SPDX-License-Identifier: MIT */
#include "format/names.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"

enum part { PART_URL, PART_TOKEN, PART_SECRET, PART_COUNT };

#define NAME_LENGTH_MAX 128

static const char *const part_names[PART_COUNT] = {"url", "token", "secret"};

struct set {
    const char *parts[PART_COUNT];
};

static const struct {
    const char *name;
    struct set set;
} sets[] = {
    {"terraform", {{"PRITUNL_URL", "PRITUNL_TOKEN", "PRITUNL_SECRET"}}},
    {"pritunl-api", {{"PRITUNL_BASE_URL", "PRITUNL_API_TOKEN", "PRITUNL_API_SECRET"}}},
    {"exporter", {{"PRITUNL_URL", "PRITUNL_ADMIN_TOKEN", "PRITUNL_ADMIN_SECRET"}}},
    {"ansible", {{"pritunl_url", "pritunl_api_token", "pritunl_api_secret"}}},
    {"tfvar", {{"TF_VAR_pritunl_url", "TF_VAR_pritunl_token", "TF_VAR_pritunl_secret"}}},
};

#define SET_COUNT (sizeof sets / sizeof *sets)

static const struct set tfvars_set = {{"pritunl_url", "pritunl_token", "pritunl_secret"}};
static const struct set document_set = {{"url", "token", "secret"}};

#define INSECURE "PRITUNL_INSECURE"
#define INSECURE_TFVARS "pritunl_insecure"

/* ---- reading the setting ---- */

static bool malformed(const char *text, struct error *error)
{
    char *printable = text_printable(text, strlen(text));

    error_set(error, ERROR_USAGE, "names: %s is neither a known set nor url=X,token=Y,secret=Z",
              printable);
    mem_free(printable);
    return error_try(error, "--names terraform, pritunl-api, exporter, ansible or tfvar");
}

static const char *const reserved_words[] = {"PATH",
                                             "HOME",
                                             "IFS",
                                             "ENV",
                                             "CDPATH",
                                             "SHELL",
                                             "SHELLOPTS",
                                             "PWD",
                                             "OLDPWD",
                                             "PS1",
                                             "PS2",
                                             "PS4",
                                             "PROMPT_COMMAND",
                                             "UID",
                                             "EUID",
                                             "GID",
                                             "EGID",
                                             "PPID",
                                             "LINENO",
                                             "RANDOM",
                                             "SRANDOM",
                                             "SECONDS",
                                             "OPTIND",
                                             "OPTARG",
                                             "OPTERR",
                                             "FUNCNAME",
                                             "GROUPS",
                                             "DIRSTACK",
                                             "HISTCMD",
                                             "EPOCHSECONDS",
                                             "EPOCHREALTIME",
                                             "TTYIDLE",
                                             "USERNAME",
                                             "NODE_OPTIONS",
                                             "PYTHONPATH",
                                             "PYTHONSTARTUP",
                                             "PYTHONHOME",
                                             "PERL5LIB",
                                             "PERL5OPT",
                                             "RUBYOPT",
                                             "RUBYLIB",
                                             "_",
                                             "path",
                                             "cdpath",
                                             "fpath",
                                             "status",
                                             "pipestatus",
                                             "argv",
                                             "history",
                                             "version",
                                             "umask",
                                             "hostname",
                                             "signals",
                                             "options",
                                             "commands",
                                             "functions",
                                             "aliases",
                                             "fish_pid",
                                             "term",
                                             "GCONV_PATH",
                                             "LOCPATH",
                                             "JAVA_TOOL_OPTIONS",
                                             "TERM",
                                             "LANG",
                                             "LANGUAGE",
                                             "TMPDIR",
                                             "USER",
                                             "LOGNAME",
                                             "MANPATH",
                                             "manpath",
                                             "module_path",
                                             "mailpath",
                                             "psvar",
                                             "watch",
                                             "zsh_eval_context",
                                             "ZDOTDIR",
                                             "TZ",
                                             "parameters",
                                             "prompt",
                                             "histchars",
                                             "HISTCHARS",
                                             "NULLCMD",
                                             "READNULLCMD"};

static const char *const reserved_starts[] = {
    "LD_",     "BASH_",  "BASHOPTS", "DYLD_", "GITHUB_", "RUNNER_", "ACTIONS_", "LC_",
    "MALLOC_", "GLIBC_", "fish_",    "FISH_", "ZSH_",    "KSH_",    "COMP_",    "GIT_"};

/*
 * A credential under such a name would change how programs are found and run, or be changed by
 * them.
 */
static bool is_reserved(const char *name)
{
    for (size_t i = 0; i < sizeof reserved_words / sizeof *reserved_words; i++)
        if (text_equal(reserved_words[i], name))
            return true;
    for (size_t i = 0; i < sizeof reserved_starts / sizeof *reserved_starts; i++)
        if (text_starts(name, reserved_starts[i]))
            return true;
    return false;
}

static bool check_name(const char *part, const char *name, struct error *error)
{
    if (!text_is_name(name) || strlen(name) > NAME_LENGTH_MAX)
        return error_set(
            error, ERROR_USAGE,
            "names: the name for %s must match [A-Za-z_][A-Za-z0-9_]* and have at most %d "
            "characters",
            part, NAME_LENGTH_MAX);
    if (is_reserved(name))
        return error_set(
            error, ERROR_USAGE,
            "names: %s means something to the system or to a shell, and is no name for a %s", name,
            part);
    return true;
}

/* "url=X,token=Y,secret=Z", in any order; cut to pieces in place. */
static bool read_custom(char *text, struct set *set, struct error *error)
{
    char *rest = NULL;

    for (char *item = strtok_r(text, ",", &rest); item != NULL; item = strtok_r(NULL, ",", &rest)) {
        char *name = strchr(item, '=');
        int part = 0;

        if (name == NULL)
            return malformed(item, error);
        *name++ = '\0';
        while (part < PART_COUNT && !text_equal(part_names[part], item))
            part++;
        if (part == PART_COUNT || set->parts[part] != NULL)
            return malformed(item, error);
        if (!check_name(item, name, error))
            return false;
        set->parts[part] = name;
    }
    return true;
}

static bool read_group(char *group, bool tfvars, struct set *set, struct error *error)
{
    *set = (struct set){{NULL}};
    for (size_t i = 0; i < SET_COUNT; i++) {
        if (!text_equal(sets[i].name, group))
            continue;
        *set = i == 0 && tfvars ? tfvars_set : sets[i].set;
        return true;
    }
    if (strchr(group, '=') == NULL)
        return malformed(group, error);
    return read_custom(group, set, error);
}

/* ---- handing over ---- */

static const char *value_of(const struct access *access, int part)
{
    return part == PART_URL ? access->url : part == PART_TOKEN ? access->token : access->secret;
}

static bool add(struct variables *variables, const char *name, const char *value,
                struct error *error)
{
    for (size_t i = 0; i < variables->count; i++) {
        if (!text_equal(variables->items[i].name, name))
            continue;
        if (variables->items[i].value == value)
            return true;
        return error_set(error, ERROR_USAGE, "names: %s stands for two different things", name);
    }
    variables->items =
        mem_grow(variables->items, (variables->count + 1) * sizeof *variables->items);
    variables->items[variables->count++] = (struct variable){name, value};
    return true;
}

static bool add_set(struct variables *variables, const struct set *set, const struct access *access,
                    struct error *error)
{
    for (int part = 0; part < PART_COUNT; part++)
        if (set->parts[part] != NULL &&
            !add(variables, set->parts[part], value_of(access, part), error))
            return false;
    return true;
}

bool names_make(const struct names_config *config, const struct access *access,
                struct variables *variables, struct error *error)
{
    char *rest = NULL;

    *variables = (struct variables){.text = mem_text(config->names)};
    for (char *group = strtok_r(variables->text, "+", &rest); group != NULL;
         group = strtok_r(NULL, "+", &rest)) {
        struct set set;

        if (!read_group(group, config->tfvars, &set, error) ||
            !add_set(variables, &set, access, error))
            goto fail;
    }
    if (variables->count == 0) {
        malformed(config->names, error);
        goto fail;
    }
    if (config->insecure_consumer &&
        !add(variables, config->tfvars ? INSECURE_TFVARS : INSECURE, "true", error))
        goto fail;
    return true;
fail:
    names_clear(variables);
    return false;
}

void names_clear(struct variables *variables)
{
    mem_free(variables->items);
    mem_free(variables->text);
    *variables = (struct variables){0};
}

bool names_check(const struct names_config *config, struct error *error)
{
    struct access *access = access_new(NULL, "", "");
    struct variables variables = {0};
    bool done = false;

    access_set_url(access, "", "");
    done = names_make(config, access, &variables, error);
    names_clear(&variables);
    access_free(access);
    return done;
}

/* ---- finding again ---- */

static const char *part_in(const struct set *set, int part, const struct pairs *pairs)
{
    const char *value = set->parts[part] != NULL ? pairs_get(pairs, set->parts[part]) : NULL;

    return value != NULL && *value != '\0' ? value : NULL;
}

/* True where the set is whole; a half one is kept where nothing was found before. */
static bool try_set(const struct set *set, const struct pairs *pairs, struct access **access)
{
    const char *token = part_in(set, PART_TOKEN, pairs);
    const char *secret = part_in(set, PART_SECRET, pairs);
    bool whole = token != NULL && secret != NULL;
    const char *who = pairs_get(pairs, "username");

    if (!whole && ((token == NULL && secret == NULL) || *access != NULL))
        return false;
    access_free(*access);
    *access = access_new(
        set == &document_set ? (who != NULL ? who : pairs_get(pairs, "administrator")) : NULL,
        token, secret);
    if (part_in(set, PART_URL, pairs) != NULL)
        access_set_url(*access, part_in(set, PART_URL, pairs), NULL);
    return whole;
}

static bool try_names(const char *names, const struct pairs *pairs, struct access **access)
{
    char *text = mem_text(names);
    char *rest = NULL;
    struct error ignored;
    bool whole = false;

    for (char *group = strtok_r(text, "+", &rest); group != NULL && !whole;
         group = strtok_r(NULL, "+", &rest)) {
        struct set set;

        whole = read_group(group, false, &set, &ignored) && try_set(&set, pairs, access);
    }
    mem_free(text);
    return whole;
}

bool names_find(const char *names, bool only, const struct pairs *pairs, struct access **access)
{
    *access = NULL;
    if (names != NULL && try_names(names, pairs, access))
        return true;
    if (only)
        return false;
    for (size_t i = 0; i < SET_COUNT; i++)
        if (try_set(&sets[i].set, pairs, access))
            return true;
    return try_set(&tfvars_set, pairs, access) || try_set(&document_set, pairs, access);
}

static bool is_in(const struct set *set, const char *name)
{
    for (int part = 0; part < PART_COUNT; part++)
        if (set->parts[part] != NULL && text_equal(set->parts[part], name))
            return true;
    return false;
}

bool names_is_known(const char *names, const char *name)
{
    char *text = mem_text(names);
    char *rest = NULL;
    struct error ignored;
    bool known =
        text_equal(name, INSECURE) || text_equal(name, INSECURE_TFVARS) || is_in(&tfvars_set, name);

    for (size_t i = 0; i < SET_COUNT; i++)
        known = known || is_in(&sets[i].set, name);
    for (char *group = text != NULL ? strtok_r(text, "+", &rest) : NULL; group != NULL && !known;
         group = strtok_r(NULL, "+", &rest)) {
        struct set set;

        known = read_group(group, false, &set, &ignored) && is_in(&set, name);
    }
    mem_free(text);
    return known;
}
