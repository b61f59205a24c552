/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/ending.h"
#include "base/process.h"
#include "base/term.h"
#include "base/text.h"
#include "cli/arguments.h"
#include "cli/configuration.h"
#include "cli/settings.h"
#include "cmd/answer.h"
#include "cmd/cmd.h"
#include "io/db.h"
#include "io/http.h"
#include "io/json.h"

#define STATUS_EXEC_FAILED 125

static bool (*const functions[COMMAND_COUNT])(struct settings *settings,
                                              const struct arguments *arguments, int *status,
                                              struct error *error) = {
    [COMMAND_LIST] = cmd_list,
    [COMMAND_SHOW] = cmd_show,
    [COMMAND_VERIFY] = cmd_verify,
    [COMMAND_EXPORT] = cmd_export,
    [COMMAND_EXEC] = cmd_exec,
    [COMMAND_CONFIG] = cmd_config,
    [COMMAND_ENABLE] = cmd_enable,
    [COMMAND_DISABLE] = cmd_disable,
    [COMMAND_ROTATE] = cmd_rotate,
    [COMMAND_UNDO] = cmd_undo,
    [COMMAND_BOOTSTRAP] = cmd_bootstrap,
    [COMMAND_ISSUE] = cmd_issue,
    [COMMAND_REVOKE] = cmd_revoke,
    [COMMAND_RECOVER] = cmd_recover,
    [COMMAND_SNAPSHOT] = cmd_snapshot,
    [COMMAND_RESTORE] = cmd_restore,
    [COMMAND_AUDIT] = cmd_audit,
    [COMMAND_HELP] = cmd_help,
    [COMMAND_COMPLETION] = cmd_completion,
    [COMMAND_API] = cmd_api,
    [COMMAND_SIGN] = cmd_sign,
    [COMMAND_ROUTES] = cmd_routes,
    [COMMAND_DUMP] = cmd_dump,
    [COMMAND_DOCTOR] = cmd_doctor,
    [COMMAND_FORGET] = cmd_forget,
};

/* The libraries, each with the wiping allocator, while there is one thread. */
static bool begin(struct error *error)
{
    process_begin();
    ending_watch();
    json_begin();
    /* It runs programs that are named in its settings. */
    if (process_is_elevated())
        return error_set(error, ERROR_USAGE,
                         "refused, because this copy of the program is set-uid or set-gid or has "
                         "capabilities: whoever runs it would have its programs run with these");
    db_begin();
    return http_begin(error);
}

static bool wants_color(const struct settings *settings)
{
    const char *when = settings_text(settings, OPTION_COLOR);
    const char *no_color = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");

    if (!text_equal(when, "auto"))
        return text_equal(when, "always");
    return (no_color == NULL || *no_color == '\0') && !text_equal(terminal, "dumb") &&
           term_is_terminal(STDERR_FILENO);
}

static void set_style(const struct settings *settings)
{
    term_set_style(&(struct term_style){.quiet = settings_flag(settings, OPTION_QUIET),
                                        .verbose = settings_flag(settings, OPTION_VERBOSE),
                                        .color = wants_color(settings)});
}

static bool read_settings(int argc, char **argv, struct arguments *arguments,
                          struct settings *settings, struct error *error)
{
    settings_defaults(settings);
    if (!arguments_parse(argc, argv, arguments, settings, error))
        return false;
    set_style(settings); /* --quiet silences what reading the files warns about, too */
    if (arguments->command == COMMAND_HELP || arguments->command == COMMAND_COMPLETION ||
        settings_flag(settings, OPTION_HELP) || settings_flag(settings, OPTION_VERSION))
        return true; /* a broken configuration must not keep anybody from reading how to mend it */
    if (!settings_from_environment(settings, error) || !settings_from_files(settings, error))
        return false;
    set_style(settings);
    if (settings_given(settings, OPTION_INSECURE) &&
        settings->values[OPTION_INSECURE].origin != ORIGIN_OPTION)
        term_warn("insecure is set by %s: no certificate is checked",
                  settings->values[OPTION_INSECURE].from);
    return settings_check(settings, error);
}

static bool print_version(struct error *error)
{
    static const char text[] = "pritunl-access " PRITUNL_ACCESS_VERSION "\n";

    return term_write(STDOUT_FILENO, text, sizeof text - 1, error);
}

static bool run(struct settings *settings, struct arguments *arguments, int *status,
                struct error *error)
{
    struct arguments help = {.command = COMMAND_HELP};
    char *word = NULL;

    *status = 0;
    if (settings_flag(settings, OPTION_VERSION))
        return print_version(error);
    if (!settings_flag(settings, OPTION_HELP))
        return functions[arguments->command](settings, arguments, status, error);
    if (arguments->command != COMMAND_HELP) {
        word = (char *)command_table[arguments->command].name;
        help.words = &word;
        help.word_count = 1;
    }
    return cmd_help(settings, &help, status, error);
}

/* Before the command line is understood, --json is looked for where it can only be an option. */
static bool asks_for_json(int argc, char **argv, const struct settings *settings)
{
    for (int i = 1; i < argc && !text_equal(argv[i], "--"); i++)
        if (text_equal(argv[i], "--json"))
            return true;
    return settings_flag(settings, OPTION_JSON);
}

static void print_error(const struct error *error, bool json)
{
    struct buf text = BUF_EMPTY(BUF_MAX);
    struct error ignored;

    if (json && answer_json(answer_error(error), &ignored))
        return;
    buf_add_format(&text, "pritunl-access: %s\n", error->text);
    if (error->attempt[0] != '\0')
        buf_add_format(&text, "try: %s\n", error->attempt);
    term_write(STDERR_FILENO, buf_text(&text), text.length, &ignored);
    buf_free(&text);
}

static int status_of(const struct error *error, const struct arguments *arguments, int status)
{
    if (arguments->command != COMMAND_EXEC)
        return error_status(error->kind);
    return status != 0 ? status : STATUS_EXEC_FAILED;
}

int main(int argc, char **argv)
{
    struct arguments arguments = {.command = COMMAND_HELP};
    struct settings settings = {0};
    struct error error = {0};
    int status = 0;

    if (!begin(&error) || !read_settings(argc, argv, &arguments, &settings, &error) ||
        !run(&settings, &arguments, &status, &error)) {
        print_error(&error, asks_for_json(argc, argv, &settings));
        status = status_of(&error, &arguments, status);
    }
    arguments_clear(&arguments);
    settings_clear(&settings);
    /*
     * No exit handlers: connections and threads that somebody may still wait on end with the
     * process.
     */
    _exit(status);
}
