/* SPDX-License-Identifier: MIT */
#include "cli/completion.h"

#include <stdbool.h>
#include <string.h>

#include "base/text.h"
#include "cli/options.h"

static void write_names(const struct command *const *commands, const char *between, struct buf *out)
{
    for (size_t i = 0; commands[i] != NULL; i++)
        buf_add_format(out, "%s%s", i > 0 ? between : "", commands[i]->name);
}

static bool has_words(const struct command *command)
{
    return command->choices != NULL || command->names_command;
}

static void write_options(const struct command *command, struct buf *out)
{
    bool first = true;

    for (int i = 0; i < OPTION_COUNT; i++) {
        if (!command_takes(command, (enum option_id)i))
            continue;
        buf_add_format(out, "%s--%s", first ? "" : " ", option_table[i].name);
        first = false;
    }
}

static void write_bash(const struct command *const *commands, struct buf *out)
{
    buf_add_text(out,
                 "# bash completion for pritunl-access\n"
                 "_pritunl_access() {\n"
                 "    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} "
                 "command= word\n"
                 "    COMPREPLY=()\n"
                 "    for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
                 "        case $word in\n        ");
    write_names(commands, "|", out);
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
    write_names(commands, " ", out);
    buf_add_text(out, " --help --version' ;;\n");
    for (size_t i = 0; commands[i] != NULL; i++) {
        if (!has_words(commands[i]))
            continue;
        buf_add_format(out, "    %s) word='", commands[i]->name);
        if (commands[i]->names_command)
            write_names(commands, " ", out);
        else
            buf_add_text(out, commands[i]->choices);
        buf_add_text(out, "' ;;\n");
    }
    for (size_t i = 0; commands[i] != NULL; i++) {
        if (has_words(commands[i]))
            continue;
        buf_add_format(out, "    %s) word='", commands[i]->name);
        write_options(commands[i], out);
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

static void write_zsh(const struct command *const *commands, struct buf *out)
{
    buf_add_text(
        out,
        "#compdef pritunl-access\n_pritunl_access() {\n    local -a commands options\n    local "
        "word command=\n"
        "    commands=(\n");
    for (size_t i = 0; commands[i] != NULL; i++) {
        buf_add_format(out, "        '%s:", commands[i]->name);
        write_quoted(commands[i]->summary, ":\\", out);
        buf_add_text(out, "'\n");
    }
    buf_add_text(
        out, "    )\n    for word in ${words[2,CURRENT-1]}; do\n"
             "        if (( ${commands[(I)$word:*]} )); then command=$word; break; fi\n    done\n"
             "    case $command in\n    '') _describe command commands; return ;;\n");
    for (size_t i = 0; commands[i] != NULL; i++)
        if (commands[i]->names_command)
            buf_add_format(out, "    %s) _describe command commands; return ;;\n",
                           commands[i]->name);
        else if (commands[i]->choices != NULL)
            buf_add_format(out, "    %s) compadd %s; return ;;\n", commands[i]->name,
                           commands[i]->choices);
    for (size_t i = 0; commands[i] != NULL; i++) {
        if (has_words(commands[i]))
            continue;
        buf_add_format(out, "    %s)\n        options=(\n", commands[i]->name);
        for (int o = 0; o < OPTION_COUNT; o++)
            if (command_takes(commands[i], (enum option_id)o))
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

static void fish_option(const struct command *const *commands, enum option_id option,
                        struct buf *out)
{
    const struct option_row *row = &option_table[option];

    buf_add_text(out, "complete -c pritunl-access");
    if (!option_is_common(option)) {
        buf_add_text(out, " -n '__fish_seen_subcommand_from");
        for (size_t i = 0; commands[i] != NULL; i++)
            if (command_takes(commands[i], option))
                buf_add_format(out, " %s", commands[i]->name);
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

static void write_fish(const struct command *const *commands, struct buf *out)
{
    buf_add_text(out, "# fish completion for pritunl-access\ncomplete -c pritunl-access -f\n");
    for (size_t i = 0; commands[i] != NULL; i++) {
        buf_add_format(out, "complete -c pritunl-access -n __fish_use_subcommand -a %s -d '",
                       commands[i]->name);
        write_quoted(commands[i]->summary, "\\", out);
        buf_add_text(out, "'\n");
    }
    for (size_t i = 0; commands[i] != NULL; i++)
        if (commands[i]->choices != NULL)
            buf_add_format(
                out, "complete -c pritunl-access -n '__fish_seen_subcommand_from %s' -a '%s'\n",
                commands[i]->name, commands[i]->choices);
    for (int i = 0; i < OPTION_COUNT; i++)
        fish_option(commands, (enum option_id)i, out);
}

bool completion_write(const struct command *const *commands, const char *shell, struct buf *out)
{
    static const struct {
        const char *name;
        void (*write)(const struct command *const *commands, struct buf *out);
    } shells[] = {{"bash", write_bash}, {"zsh", write_zsh}, {"fish", write_fish}};

    for (size_t i = 0; i < sizeof shells / sizeof *shells; i++)
        if (text_equal(shells[i].name, shell)) {
            shells[i].write(commands, out);
            return true;
        }
    return false;
}
