/* SPDX-License-Identifier: MIT */
#include "cli/help.h"

#include <ctype.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli/options.h"
#include "pritunl/cause.h"

#define LEFT 30     /* columns of the names */
#define EVERYDAY 22 /* columns of a command line without the program */
#define GROUP_TITLE 10

static void write_option(enum option_id option, size_t width, struct buf *out)
{
    const struct option_row *row = &option_table[option];
    size_t start = out->length;
    size_t used = 0;

    if (row->letter != 0)
        buf_add_format(out, "  -%c, --%s", row->letter, row->name);
    else
        buf_add_format(out, "      --%s", row->name);
    if (row->type == OPTION_IS_OPTIONAL_NUMBER)
        buf_add_format(out, "[=%s]", row->argument);
    else if (row->argument != NULL)
        buf_add_format(out, " %s", row->argument);
    used = out->length - start;
    if (used >= LEFT)
        buf_add_format(out, "\n%*s", LEFT, "");
    else
        buf_add_format(out, "%*s", (int)(LEFT - used), "");
    char *text = row->otherwise != NULL && !row->tells_default
                     ? text_format("%s (%s)", row->help, row->otherwise)
                     : mem_text(row->help);

    text_wrap(text, LEFT, LEFT, width, out);
    mem_free(text);
    buf_add_text(out, "\n");
}

static void write_group(const struct command *const *commands, enum command_group group,
                        size_t width, struct buf *out)
{
    static const char *const titles[GROUP_COUNT] = {
        [GROUP_LOOK] = "look", [GROUP_HAND_OVER] = "hand over",
        [GROUP_MEND] = "mend", [GROUP_TEMPORARY] = "temporary",
        [GROUP_RAW] = "raw",   [GROUP_HELP] = "help"};
    struct buf names = BUF_EMPTY(BUF_MAX);

    for (; *commands != NULL; commands++)
        if ((*commands)->group == group)
            buf_add_format(&names, " %s", (*commands)->name);
    buf_add_format(out, "  %-*s ", GROUP_TITLE, titles[group]);
    text_wrap(buf_text(&names) + 1, GROUP_TITLE + 3, GROUP_TITLE + 3, width, out);
    buf_add_text(out, "\n");
    buf_free(&names);
}

void help_general(const struct command *const *commands, size_t width, struct buf *out)
{
    static const char name[] = "  pritunl-access ";
    size_t left = strlen(name) + EVERYDAY + 1;

    text_wrap("pritunl-access: recover, verify and hand over the API credential of your own "
              "Pritunl.",
              0, 0, width, out);
    buf_add_text(out, "\n\nusage: pritunl-access [OPTION ...] COMMAND [ARGUMENT ...]\n\n");
    for (const struct command *const *each = commands; *each != NULL; each++) {
        if ((*each)->everyday == NULL)
            continue;
        buf_add_format(out, "%s%-*s ", name, EVERYDAY, (*each)->everyday);
        text_wrap((*each)->everyday_for, left, left, width, out);
        buf_add_text(out, "\n");
    }
    buf_add_text(out, "\n");
    for (int group = 0; group < GROUP_COUNT; group++)
        write_group(commands, (enum command_group)group, width, out);
    buf_add_text(out, "\n");
    text_wrap("Each setting is an option, PRITUNL_ACCESS_NAME in the environment, and a key of "
              "~/.config/pritunl-access/config.json.",
              0, 0, width, out);
    buf_add_text(out, "\n\nOne command, with examples: pritunl-access help COMMAND\n"
                      "Every setting and option:   pritunl-access help options\n");
}

void help_options(size_t width, struct buf *out)
{
    text_wrap("Settings: each is also PRITUNL_ACCESS_NAME in the environment and a key of "
              "~/.config/pritunl-access/config.json",
              0, 0, width, out);
    buf_add_text(out, "\n");
    for (int i = 0; i < SETTING_COUNT; i++)
        write_option((enum option_id)i, width, out);
    buf_add_text(out, "\nOptions of every command:\n");
    for (int i = SETTING_COUNT; i < OPTION_COUNT; i++)
        if (option_is_common((enum option_id)i))
            write_option((enum option_id)i, width, out);
    buf_add_text(out, "\nOptions of some (pritunl-access help COMMAND):\n");
    for (int i = SETTING_COUNT; i < OPTION_COUNT; i++)
        if (!option_is_common((enum option_id)i))
            write_option((enum option_id)i, width, out);
}

/* What must be set so that it works; the rest is in `help options`. */
static void write_settings(const struct command *command, size_t width, struct buf *out)
{
    static const enum option_id always[] = {OPTION_MONGODB_URI_FILE, OPTION_ADMINISTRATOR,
                                            OPTION_URL, OPTION_PROFILE, OPTION_COUNT};
    const enum option_id *option = command->settings != NULL ? command->settings : always;

    if (!command->ignores_files) {
        buf_add_text(out, "\nSettings that matter here:\n");
        for (; *option != OPTION_COUNT; option++)
            write_option(*option, width, out);
    }
    buf_add_text(out, "\nEvery setting and option: pritunl-access help options\n");
}

void help_command(const struct command *command, size_t width, struct buf *out)
{
    bool titled = false;

    buf_add_format(out, "pritunl-access %s: ", command->name);
    text_wrap(command->summary, out->length, 0, width, out);
    buf_add_format(out, ".\n\nusage: pritunl-access [OPTION ...] %s%s%s\n", command->name,
                   *command->arguments != '\0' ? " " : "", command->arguments);
    if (command->examples != NULL)
        buf_add_text(out, "\nExamples:\n");
    for (const char *const *example = command->examples; example != NULL && *example != NULL;
         example += 2)
        buf_add_format(out, "  %s\n      %s\n", example[0], example[1]);
    buf_add_text(out, "\n");
    text_wrap(command->description, 0, 0, width, out);
    buf_add_text(out, "\n");
    for (int i = SETTING_COUNT; i < OPTION_COUNT; i++) {
        if (option_is_common((enum option_id)i) || !command_takes(command, (enum option_id)i))
            continue;
        if (!titled)
            buf_add_text(out, "\nOptions:\n");
        titled = true;
        write_option((enum option_id)i, width, out);
    }
    write_settings(command, width, out);
}

/*
 * Sentences for mdoc, each on a line of its own; a leading dot or quote would be a request, a
 * backslash an escape.
 */
static void write_roff(const char *text, struct buf *out)
{
    bool is_name = strcspn(text, "_") < strcspn(text, " "); /* auth_api: not to be capitalised */
    bool begins = true;

    for (const char *p = text; *p != '\0'; p++) {
        char letter = p == text && !is_name ? (char)toupper((unsigned char)*p) : *p;

        if (begins && (letter == '.' || letter == '\''))
            buf_add_text(out, "\\&");
        begins = p > text && p[-1] == '.' && letter == ' ';
        (void)(begins           ? buf_add_text(out, "\n")
               : letter == '\\' ? buf_add_text(out, "\\e")
               : letter == '-'  ? buf_add_text(out, "\\-")
                                : buf_add(out, &letter, 1));
    }
}

static void mdoc_option(enum option_id option, struct buf *out)
{
    const struct option_row *row = &option_table[option];
    char name[OPTION_NAME_SIZE];

    buf_add_text(out, ".It ");
    if (row->letter != 0)
        buf_add_format(out, "Fl %c , ", row->letter);
    buf_add_format(out, "Fl Fl %s", row->name);
    if (row->type == OPTION_IS_OPTIONAL_NUMBER)
        buf_add_format(out, " Ns Oo = Ns Ar %s Oc", row->argument);
    else if (row->argument != NULL)
        buf_add_format(out, " Ar %s", row->argument);
    buf_add_text(out, "\n");
    write_roff(row->help, out);
    buf_add_text(out, ".\n");
    if (row->otherwise != NULL && !row->tells_default)
        buf_add_format(out, "Default:\n.Ql %s .\n", row->otherwise);
    if (option >= SETTING_COUNT)
        return;
    option_environment(option, name);
    buf_add_format(out, "Also\n.Ev %s\n", name);
    option_key(option, name);
    buf_add_format(out, "and the key\n.Ql %s .\n", name);
}

static void mdoc_command(const struct command *command, struct buf *out)
{
    bool listed = false;

    buf_add_format(out, ".It Cm %s", command->name);
    if (*command->arguments != '\0')
        buf_add_format(out, " Ar \"%s\"", command->arguments);
    buf_add_text(out, "\n");
    write_roff(command->summary, out);
    buf_add_text(out, ".\n");
    write_roff(command->description, out);
    buf_add_text(out, "\n");
    for (int i = SETTING_COUNT; i < OPTION_COUNT; i++) {
        if (option_is_common((enum option_id)i) || !command_takes(command, (enum option_id)i))
            continue;
        if (!listed)
            buf_add_text(out, ".Bl -tag -width indent\n");
        listed = true;
        mdoc_option((enum option_id)i, out);
    }
    if (listed)
        buf_add_text(out, ".El\n");
}

static void mdoc_cause(enum cause cause, struct buf *out)
{
    char remedy[sizeof(((struct error *)NULL)->attempt)] = "";

    buf_add_format(out, ".It Li %s\n", cause_name(cause));
    write_roff(cause_text(cause), out);
    memcpy(remedy, "try: ", sizeof "try: ");
    cause_write_remedy(cause, NULL, remedy + strlen(remedy), sizeof remedy - strlen(remedy));
    buf_add_text(out, ".\n.br\n");
    write_roff(remedy, out);
    buf_add_text(out, "\n");
}

void help_mdoc(const struct command *const *commands, struct buf *out)
{
    buf_add_text(out, ".Sh COMMANDS\n.Bl -tag -width indent\n");
    for (; *commands != NULL; commands++)
        mdoc_command(*commands, out);
    buf_add_text(out, ".El\n.Sh OPTIONS\n.Bl -tag -width indent\n");
    for (int i = 0; i < OPTION_COUNT; i++)
        if (option_is_common((enum option_id)i))
            mdoc_option((enum option_id)i, out);
    buf_add_text(out, ".El\n.Sh CAUSES\n.Bl -tag -width indent\n");
    for (int i = 0; i < CAUSE_COUNT; i++)
        if (cause_is_finding((enum cause)i))
            mdoc_cause((enum cause)i, out);
    buf_add_text(out, ".El\n");
}
