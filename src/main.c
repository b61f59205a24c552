/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/ending.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/term.h"
#include "base/text.h"
#include "cli/arguments.h"
#include "cli/configuration.h"
#include "io/db.h"
#include "io/http.h"
#include "io/json.h"
#include "step/answer.h"

#define MS_PER_S 1000

/* The commands, in the order of help. A new one is a file in cmd/, and a line here. */
/* clang-format off */
#define COMMANDS(command) \
    command(list)         \
    command(show)         \
    command(verify)       \
    command(export)       \
    command(exec)         \
    command(doctor)       \
    command(enable)       \
    command(disable)      \
    command(rotate)       \
    command(undo)         \
    command(bootstrap)    \
    command(issue)        \
    command(revoke)       \
    command(recover)      \
    command(snapshot)     \
    command(restore)      \
    command(audit)        \
    command(api)          \
    command(sign)         \
    command(routes)       \
    command(dump)         \
    command(forget)       \
    command(config)       \
    command(completion)   \
    command(help)
/* clang-format on */

#define DECLARE(name) extern const struct command cmd_##name;
#define POINT(name) &cmd_##name,

COMMANDS(DECLARE)
static const struct command *const commands[] = {COMMANDS(POINT) NULL};

/* While there is one thread. */
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
    return true;
}

/* The libraries, each with the wiping allocator: most of the time that --version would take. */
static bool begin_to_ask(struct error *error)
{
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
    file_wait_at_most(settings_number(settings, OPTION_TIMEOUT) * MS_PER_S);
}

static bool read_settings(int argc, char **argv, struct run *run)
{
    struct settings *settings = run->settings;

    settings_defaults(settings);
    if (!arguments_parse(argc, argv, run))
        return false;
    set_style(settings); /* --quiet silences what reading the files warns about, too */
    if (settings_flag(settings, OPTION_HELP) || settings_flag(settings, OPTION_VERSION))
        return true;
    if (!begin_to_ask(run->error))
        return false;
    if (run->command->ignores_files)
        return true;
    if (!settings_from_environment(settings, run->error) ||
        !settings_from_files(settings, run->error))
        return false;
    set_style(settings);
    settings_warn_of_slips();
    settings_warn_insecure(settings);
    return settings_check(settings, run->error);
}

static bool print_version(struct error *error)
{
    static const char text[] = "pritunl-access " PRITUNL_ACCESS_VERSION "\n";

    return term_write(STDOUT_FILENO, text, sizeof text - 1, error);
}

static bool run_command(struct run *run)
{
    char *word = (char *)run->command->name;

    if (settings_flag(run->settings, OPTION_VERSION))
        return print_version(run->error);
    if (!settings_flag(run->settings, OPTION_HELP))
        return run->command->run(run);
    run->word_count = 0;
    if (run->command != &cmd_help)
        run->words[run->word_count++] = word;
    return cmd_help.run(run);
}

/* Before the command line is understood, --json is looked for where it can only be an option. */
static bool asks_for_json(int argc, char **argv, const struct settings *settings)
{
    for (int i = 1; i < argc && !text_equal(argv[i], "--"); i++)
        if (text_equal(argv[i], "--json"))
            return true;
    return settings_flag(settings, OPTION_JSON);
}

/*
 * Whoever asked wrongly is told at least where it stands how to ask; what a database answered that
 * no text of ours explains, which one it was.
 */
static void add_next_step(const struct run *run)
{
    struct error *error = run->error;

    if (error->kind == ERROR_USAGE && error->attempt[0] == '\0')
        error_try(error, "pritunl-access help%s%s", run->command != &cmd_help ? " " : "",
                  run->command != &cmd_help ? run->command->name : "");
    else if (error->kind == ERROR_DATABASE && error->attempt[0] == '\0')
        error_try(error, "pritunl-access config, to see which database is asked; then its own log");
}

/* The command as it was given, where "..." stands for it; what its options hold is not repeated. */
static void repeat_command(int argc, char **argv, struct error *error)
{
    struct buf text = BUF_EMPTY(sizeof error->attempt - 1);

    if (!text_ends(error->attempt, " ..."))
        return;
    buf_add(&text, error->attempt, strlen(error->attempt) - strlen(" ..."));
    for (int i = 1; i < argc; i++) {
        char *word = text_shell(argv[i]);

        buf_add_format(&text, " %s", word);
        text.full = text.full || *argv[i] == '-';
        mem_free(word);
    }
    if (!text.full)
        error_try(error, "%s", buf_text(&text));
    buf_free(&text);
}

static void print_error(const struct error *error, bool json)
{
    struct error ignored;

    if (!json || !answer_json(answer_error(error), &ignored))
        answer_error_lines(error);
}

static int status_of(const struct run *run)
{
    if (run->command->failure == 0)
        return error_status(run->error->kind);
    return run->status != 0 ? run->status : run->command->failure;
}

/*
 * Whoever reads it may have enough of it (`list | head -n 1`). Not so where something was asked to
 * change: an answer that nobody saw is an error.
 */
static bool may_end_unread(const struct command *command)
{
    return !command_takes(command, OPTION_YES);
}

static void tell_error(int argc, char **argv, struct run *run)
{
    struct error *error = run->error;

    /* But for what must be heard all the same: a password that nobody knows, say. */
    if (term_reader_is_gone() && may_end_unread(run->command) &&
        text_starts(error->text, "standard output: "))
        process_end_by_pipe();
    if (run->command->tell_error != NULL && run->command->tell_error(run))
        return;
    add_next_step(run);
    repeat_command(argc, argv, error);
    ending_tell();
    print_error(error, asks_for_json(argc, argv, run->settings));
    run->status = status_of(run);
}

int main(int argc, char **argv)
{
    struct settings settings = {0};
    struct error error = {0};
    struct run run = {
        .commands = commands, .command = &cmd_help, .settings = &settings, .error = &error};

    if (!begin(&error) || !read_settings(argc, argv, &run) || !run_command(&run))
        tell_error(argc, argv, &run);
    arguments_clear(&run);
    settings_clear(&settings);
    /*
     * No exit handlers: connections and threads that somebody may still wait on end with the
     * process.
     */
    _exit(run.status);
}
