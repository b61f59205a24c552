/* SPDX-License-Identifier: MIT */
#include "cli/completion.h"

#include "base/text.h"

/*
 * What the scripts have in common: they ask the program (complete.h). Its first line is the kind,
 * "words", "files N" (the first N bytes of the word are no path) or "command N"; each further line
 * is a word, a tab, and what it is for.
 */
static const char bash[] =
    "# bash completion for pritunl-access\n"
    "_pritunl_access() {\n"
    "    local program=${COMP_WORDS[0]} current= kind= line= cut= i\n"
    "    local -a words=() lines=()\n"
    "    COMPREPLY=()\n"
    "    # bash cuts words at = and : (COMP_WORDBREAKS): put together what was typed as one.\n"
    "    for ((i = 1; i <= COMP_CWORD; i++)); do\n"
    "        if ((${#words[@]})) && [[ ${COMP_WORDS[i]} == [=:]* ||\n"
    "            ${COMP_WORDS[i - 1]} == *[=:] && ${words[-1]} == -*=* ||\n"
    "            ${COMP_WORDS[i - 1]} == : ]]; then\n"
    "            words[-1]+=${COMP_WORDS[i]}\n"
    "        else\n"
    "            words+=(\"${COMP_WORDS[i]}\")\n"
    "        fi\n"
    "    done\n"
    "    current=${words[-1]-}\n"
    "    type -P -- \"$program\" >/dev/null || program=pritunl-access\n"
    "    mapfile -t lines < <(\"$program\" completion words -- \"${words[@]}\" 2>/dev/null)\n"
    "    kind=${lines[0]-words}\n"
    "    case $kind in\n"
    "    files*)\n"
    "        current=${current:${kind#files }}\n"
    "        mapfile -t COMPREPLY < <(compgen -f -- \"$current\")\n"
    "        compopt -o filenames 2>/dev/null\n"
    "        return ;;\n"
    "    command*)\n"
    "        if declare -F _command_offset >/dev/null; then\n"
    "            _command_offset $((${kind#command } + 1))\n"
    "        elif ((COMP_CWORD == ${kind#command } + 1)); then\n"
    "            mapfile -t COMPREPLY < <(compgen -c -- \"$current\")\n"
    "        else\n"
    "            mapfile -t COMPREPLY < <(compgen -f -- \"$current\")\n"
    "        fi\n"
    "        return ;;\n"
    "    esac\n"
    "    # What stands before the last = or : of the word stays on the line.\n"
    "    [[ $current == *[=:]* ]] && cut=${current%\"${current##*[=:]}\"}\n"
    "    for line in \"${lines[@]:1}\"; do\n"
    "        line=${line%%$'\\t'*}\n"
    "        line=${line#\"$cut\"}\n"
    "        [[ $line == *[[:space:]\\'\\\"\\\\\\$\\`\\!\\&\\;\\|\\<\\>\\(\\)\\*\\?\\[]* ]] &&\n"
    "            printf -v line %q \"$line\"\n"
    "        COMPREPLY+=(\"$line\")\n"
    "    done\n"
    "}\n"
    "complete -F _pritunl_access pritunl-access\n";

static const char zsh[] =
    "#compdef pritunl-access\n"
    "_pritunl_access() {\n"
    "    local kind line program=${(Q)words[1]}\n"
    "    local -a lines described\n"
    "    (( $+commands[$program] )) || [[ -x $program ]] || program=pritunl-access\n"
    "    local -a typed=(\"${(@Q)words[2,CURRENT]}\")\n"
    "    lines=(\"${(@f)$($program completion words -- \"${typed[@]}\" 2>/dev/null)}\")\n"
    "    kind=${lines[1]}\n"
    "    case $kind in\n"
    "    files*)\n"
    "        compset -p ${kind#files }\n"
    "        _files\n"
    "        return ;;\n"
    "    command*)\n"
    "        shift ${kind#command } words\n"
    "        shift words\n"
    "        (( CURRENT -= ${kind#command } + 1 ))\n"
    "        _normal\n"
    "        return ;;\n"
    "    esac\n"
    "    for line in \"${(@)lines[2,-1]}\"; do\n"
    "        [[ -n $line ]] || continue\n"
    "        line=${${line%%$'\\t'*}//:/\\\\:}:${line#*$'\\t'}\n"
    "        described+=(\"${line%:}\")\n"
    "    done\n"
    "    _describe pritunl-access described\n"
    "}\n"
    "if [[ $funcstack[1] == _pritunl[-_]access ]]; then\n"
    "    _pritunl_access \"$@\"\n"
    "elif (( $+functions[compdef] )); then\n"
    "    compdef _pritunl_access pritunl-access\n"
    "fi\n";

static const char fish[] =
    "# fish completion for pritunl-access\n"
    "function __pritunl_access_words\n"
    "    set -l words (commandline -opc)\n"
    "    set -l current (commandline -ct)\n"
    "    set -l program $words[1]\n"
    "    type -q -- $program; or set program pritunl-access\n"
    "    set -l lines ($program completion words -- $words[2..-1] $current 2>/dev/null)\n"
    "    switch \"$lines[1]\"\n"
    "        case 'files *'\n"
    "            set -l prefix (string sub -l (string sub -s 7 -- $lines[1]) -- $current)\n"
    "            set -l path (string sub -s (math 1 + (string length \"$prefix\")) -- $current)\n"
    "            for file in (__fish_complete_path \"$path\")\n"
    "                printf '%s%s\\n' \"$prefix\" $file\n"
    "            end\n"
    "        case 'command *'\n"
    "            set -l from (math 2 + (string sub -s 9 -- $lines[1]))\n"
    "            complete -C (string join ' ' -- (string escape -- $words[$from..-1]) $current)\n"
    "        case '*'\n"
    "            printf '%s\\n' $lines[2..-1]\n"
    "    end\n"
    "end\n"
    "complete -c pritunl-access -f -a '(__pritunl_access_words)'\n";

bool completion_write(const char *shell, struct buf *out)
{
    static const struct {
        const char *name;
        const char *script;
    } shells[] = {{"bash", bash}, {"zsh", zsh}, {"fish", fish}};

    for (size_t i = 0; i < sizeof shells / sizeof *shells; i++)
        if (text_equal(shells[i].name, shell))
            return buf_add_text(out, shells[i].script);
    return false;
}
