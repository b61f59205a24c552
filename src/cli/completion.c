/* SPDX-License-Identifier: MIT */
#include "cli/completion.h"

#include <stdbool.h>
#include <string.h>

#include "base/text.h"
#include "cli/options.h"

static void write_commands(struct buf *out)
{
    for (int i = 0; i < COMMAND_COUNT; i++)
        buf_add_format(out, "%s%s", i > 0 ? " " : "", command_table[i].name);
}

static void write_options(enum command command, struct buf *out)
{
    bool first = true;

    for (int i = 0; i < OPTION_COUNT; i++) {
        if (!option_applies((enum option_id)i, command))
            continue;
        buf_add_format(out, "%s--%s", first ? "" : " ", option_table[i].name);
        first = false;
    }
}

static void write_bash(struct buf *out)
{
    buf_add_text(out,
                 "# bash completion for pritunl-access\n"
                 "_pritunl_access() {\n"
                 "    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} "
                 "command= word\n"
                 "    COMPREPLY=()\n"
                 "    for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
                 "        case $word in\n        ");
    for (int i = 0; i < COMMAND_COUNT; i++)
        buf_add_format(out, "%s%s", i > 0 ? "|" : "", command_table[i].name);
    buf_add_text(out, ") command=$word; break ;;\n        esac\n    done\n    case $previous in\n");
    for (int i = 0; i < OPTION_COUNT; i++) {
        const struct option_row *row = &option_table[i];

        if (row->type == OPTION_IS_FILE || i == OPTION_OUTPUT)
            buf_add_format(
                out, "    --%s) mapfile -t COMPREPLY < <(compgen -f -- \"$current\"); return ;;\n",
                row->name);
        else if (row->choices != NULL)
            buf_add_format(
                out,
                "    --%s) mapfile -t COMPREPLY < <(compgen -W '%s' -- \"$current\"); return ;;\n",
                row->name, row->choices);
    }
    buf_add_text(out, "    esac\n    case $command in\n    '') word='");
    write_commands(out);
    buf_add_text(
        out, " --help --version' ;;\n    completion) word='bash zsh fish' ;;\n    help) word='");
    write_commands(out);
    buf_add_text(out, "' ;;\n");
    for (int i = 0; i < COMMAND_COUNT; i++) {
        if (i == COMMAND_COMPLETION || i == COMMAND_HELP)
            continue;
        buf_add_format(out, "    %s) word='", command_table[i].name);
        write_options((enum command)i, out);
        buf_add_text(out, "' ;;\n");
    }
    buf_add_text(out,
                 "    esac\n    mapfile -t COMPREPLY < <(compgen -W \"$word\" -- \"$current\")\n}\n"
                 "complete -F _pritunl_access pritunl-access\n");
}

/* Inside single quotes and brackets of zsh's _arguments, and inside fish's single quotes. */
static void write_quoted(const char *text, const char *escaped, struct buf *out)
{
    for (; *text != '\0'; text++)
        if (*text == '\'')
            buf_add_text(out, "'\\''");
        else if (strchr(escaped, *text) != NULL)
            buf_add_format(out, "\\%c", *text);
        else
            buf_add(out, text, 1);
}

static void zsh_option(enum option_id option, struct buf *out)
{
    const struct option_row *row = &option_table[option];

    buf_add_format(out, "            '%s--%s%s[", row->type == OPTION_IS_LIST ? "*" : "", row->name,
                   row->argument != NULL ? "=" : "");
    write_quoted(row->help, "[]:\\", out);
    buf_add_text(out, "]");
    if (row->argument != NULL) {
        buf_add_text(out, ":");
        write_quoted(row->argument, "[]:\\", out);
        buf_add_text(out, ":");
        if (row->type == OPTION_IS_FILE || option == OPTION_OUTPUT)
            buf_add_text(out, "_files");
        else if (row->choices != NULL)
            buf_add_format(out, "(%s)", row->choices);
    }
    buf_add_text(out, "'\n");
}

static void write_zsh(struct buf *out)
{
    buf_add_text(
        out,
        "#compdef pritunl-access\n_pritunl_access() {\n    local -a commands options\n    local "
        "word command=\n"
        "    commands=(\n");
    for (int i = 0; i < COMMAND_COUNT; i++) {
        buf_add_format(out, "        '%s:", command_table[i].name);
        write_quoted(command_table[i].summary, ":\\", out);
        buf_add_text(out, "'\n");
    }
    buf_add_text(
        out,
        "    )\n    for word in ${words[2,CURRENT-1]}; do\n"
        "        if (( ${commands[(I)$word:*]} )); then command=$word; break; fi\n    done\n"
        "    case $command in\n    '') _describe command commands; return ;;\n"
        "    completion) compadd bash zsh fish; return ;;\n    help) _describe command commands; "
        "return ;;\n");
    for (int i = 0; i < COMMAND_COUNT; i++) {
        if (i == COMMAND_COMPLETION || i == COMMAND_HELP)
            continue;
        buf_add_format(out, "    %s)\n        options=(\n", command_table[i].name);
        for (int o = 0; o < OPTION_COUNT; o++)
            if (option_applies((enum option_id)o, (enum command)i))
                zsh_option((enum option_id)o, out);
        buf_add_text(out, "        ) ;;\n");
    }
    buf_add_text(
        out,
        "    esac\n    _arguments $options\n}\n"
        "if [ \"$funcstack[1]\" = _pritunl_access ]; then _pritunl_access \"$@\"; else compdef "
        "_pritunl_access "
        "pritunl-access; fi\n");
}

static void fish_option(enum option_id option, struct buf *out)
{
    const struct option_row *row = &option_table[option];

    buf_add_text(out, "complete -c pritunl-access");
    if (row->commands != 0) {
        buf_add_text(out, " -n '__fish_seen_subcommand_from");
        for (int i = 0; i < COMMAND_COUNT; i++)
            if (option_applies(option, (enum command)i))
                buf_add_format(out, " %s", command_table[i].name);
        buf_add_text(out, "'");
    }
    if (row->letter != 0)
        buf_add_format(out, " -s %c", row->letter);
    buf_add_format(out, " -l %s%s", row->name, row->argument != NULL ? " -r" : "");
    if (row->type == OPTION_IS_FILE || option == OPTION_OUTPUT)
        buf_add_text(out, " -F");
    if (row->choices != NULL)
        buf_add_format(out, " -a '%s'", row->choices);
    buf_add_text(out, " -d '");
    write_quoted(row->help, "\\", out);
    buf_add_text(out, "'\n");
}

static void write_fish(struct buf *out)
{
    buf_add_text(out, "# fish completion for pritunl-access\ncomplete -c pritunl-access -f\n");
    for (int i = 0; i < COMMAND_COUNT; i++) {
        buf_add_format(out, "complete -c pritunl-access -n __fish_use_subcommand -a %s -d '",
                       command_table[i].name);
        write_quoted(command_table[i].summary, "\\", out);
        buf_add_text(out, "'\n");
    }
    buf_add_text(
        out, "complete -c pritunl-access -n '__fish_seen_subcommand_from completion' -a 'bash zsh "
             "fish'\n");
    for (int i = 0; i < OPTION_COUNT; i++)
        fish_option((enum option_id)i, out);
}

bool completion_write(const char *shell, struct buf *out)
{
    static const struct {
        const char *name;
        void (*write)(struct buf *out);
    } shells[] = {{"bash", write_bash}, {"zsh", write_zsh}, {"fish", write_fish}};

    for (size_t i = 0; i < sizeof shells / sizeof *shells; i++)
        if (text_equal(shells[i].name, shell)) {
            shells[i].write(out);
            return true;
        }
    return false;
}
