/* SPDX-License-Identifier: MIT */
#include "format/sets.h"

#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/text.h"

#define NAME_LENGTH_MAX 128

static const char *const part_names[PART_COUNT] = {"url", "token", "secret"};

/* The last one is what "terraform" means to Terraform itself, and has no name in the setting. */
static const struct set known_sets[] = {
    {"terraform", {"PRITUNL_URL", "PRITUNL_TOKEN", "PRITUNL_SECRET"}},
    {"pritunl-api", {"PRITUNL_BASE_URL", "PRITUNL_API_TOKEN", "PRITUNL_API_SECRET"}},
    {"exporter", {"PRITUNL_URL", "PRITUNL_ADMIN_TOKEN", "PRITUNL_ADMIN_SECRET"}},
    {"ansible", {"pritunl_url", "pritunl_api_token", "pritunl_api_secret"}},
    {"tfvar", {"TF_VAR_pritunl_url", "TF_VAR_pritunl_token", "TF_VAR_pritunl_secret"}},
    {NULL, {"pritunl_url", "pritunl_token", "pritunl_secret"}},
};

#define KNOWN (sizeof known_sets / sizeof *known_sets)

static const struct set document_set = {"document", {"url", "token", "secret"}};

const struct set *sets_known(size_t *count)
{
    *count = KNOWN;
    return known_sets;
}

const struct set *sets_document(void)
{
    return &document_set;
}

/* What people call the URL beside a pair, whoever's the pair is: no export writes these. */
bool sets_is_url(const char *name)
{
    static const char *const others[] = {
        "PRITUNL_API_URL",  "PRITUNL_API_BASE_URL", "PRITUNL_ADMIN_URL", "PRITUNL_HOST",
        "PRITUNL_API_HOST", "PRITUNL_ENDPOINT",     "PRITUNL_SERVER_URL"};
    static const char small[] = "TF_VAR_";
    const char *plain = text_starts(name, small) ? name + strlen(small) : name;

    for (size_t i = 0; i < KNOWN; i++)
        if (strcasecmp(known_sets[i].parts[PART_URL], plain) == 0)
            return true;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcasecmp(others[i], plain) == 0)
            return true;
    return false;
}

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
    *set = (struct set){0};
    for (size_t i = 0; i < KNOWN; i++) {
        if (!text_equal(known_sets[i].name, group))
            continue;
        *set = i == 0 && tfvars ? known_sets[KNOWN - 1] : known_sets[i];
        return true;
    }
    if (strchr(group, '=') == NULL)
        return malformed(group, error);
    return read_custom(group, set, error);
}

bool sets_read(const char *names, bool tfvars, struct sets *sets, struct error *error)
{
    char *rest = NULL;

    *sets = (struct sets){.text = mem_text(names != NULL ? names : "")};
    for (char *group = strtok_r(sets->text, "+", &rest); group != NULL;
         group = strtok_r(NULL, "+", &rest)) {
        sets->items = mem_grow(sets->items, (sets->count + 1) * sizeof *sets->items);
        if (!read_group(group, tfvars, &sets->items[sets->count++], error))
            return false;
    }
    return sets->count > 0 || malformed(names != NULL ? names : "", error);
}

void sets_clear(struct sets *sets)
{
    mem_free(sets->items);
    mem_free(sets->text);
    *sets = (struct sets){0};
}

bool sets_hold(const struct sets *sets, const char *name)
{
    for (size_t i = 0; i < sets->count; i++)
        if (set_has(&sets->items[i], name))
            return true;
    return false;
}

bool set_has(const struct set *set, const char *name)
{
    for (int part = 0; part < PART_COUNT; part++)
        if (set->parts[part] != NULL && text_equal(set->parts[part], name))
            return true;
    return false;
}
