/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <unistd.h>

#include "base/ending.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/signals.h"
#include "base/term.h"
#include "base/text.h"
#include "cmd/options.h"
#include "io/crypto.h"
#include "pritunl/edit.h"
#include "pritunl/login.h"
#include "step/answer.h"
#include "step/change_run.h"

#define PASSWORD_SIZE 4096
#define FILE_MAX ((size_t)64 * 1024)
#define MADE_LENGTH 20

struct recovery {
    const struct settings *settings;
    struct session *session;
    struct change_run change;
    char password[PASSWORD_SIZE];
    bool made;              /* it is to be shown */
    struct login_bars bars; /* what will be asked beside it */
    bool tries_cleared;
};

/* One for each member of struct login_bars. */
static const struct bar {
    const char *name;
    const char *words;
    const char *option;
} bar_table[] = {{"one-time-code", "a one-time code is asked for", "--clear-otp"},
                 {"yubikey", "a YubiKey is asked for", "--clear-yubikey"},
                 {"disabled", "the account is disabled", "--enable-account"}};

#define BARS (sizeof bar_table / sizeof *bar_table)

static bool check_password(const char *password, size_t length, struct error *error)
{
    if (length == 0)
        return error_set(error, ERROR_USAGE, "the new password is empty: nothing was changed");
    if (strlen(password) != length || !text_is_utf8(password, length))
        return error_set(error, ERROR_USAGE,
                         "the new password is not UTF-8 text: nothing was changed");
    return true;
}

/* The file's first line; a password with a line break could not be typed. */
static bool from_file(struct recovery *recovery, const char *path, struct error *error)
{
    struct buf content = BUF_EMPTY(FILE_MAX);
    const char *begin = NULL;
    bool exposed = false;
    size_t length = 0;
    bool done = file_read(path, &content, &exposed, error);

    if (done && exposed)
        term_warn("%s: others than its owner may read it", path);
    if (done) {
        const char *end = memchr(buf_text(&content), '\n', content.length);

        begin = text_behind_mark(buf_text(&content));
        end = end != NULL ? end : buf_text(&content) + content.length;
        length = (size_t)(end - begin);
        if (length > 0 && begin[length - 1] == '\r')
            length--;
        if (length >= sizeof recovery->password)
            done = error_set(error, ERROR_USAGE, "the new password is too long");
    }
    if (done) {
        memcpy(recovery->password, begin, length);
        recovery->password[length] = '\0';
        done = check_password(recovery->password, length, error);
    }
    buf_free(&content);
    return done;
}

static void make_password(struct recovery *recovery)
{
    crypto_random_text(recovery->password, MADE_LENGTH);
    recovery->made = true;
}

static bool from_terminal(struct recovery *recovery, struct error *error)
{
    char again[PASSWORD_SIZE] = "";
    char *prompt = text_format("New console password of %s (empty: one is made): ",
                               recovery->change.change->administrator);
    bool done = term_password(prompt, recovery->password, sizeof recovery->password);

    mem_free(prompt);
    if (done && recovery->password[0] == '\0') {
        make_password(recovery);
        return true;
    }
    done = done && term_password("Once more: ", again, sizeof again);
    if (!done)
        error_set(error, ERROR_USAGE, "no password was typed: nothing was changed");
    else if (!text_equal(recovery->password, again))
        done = error_set(error, ERROR_USAGE, "the two were not the same: nothing was changed");
    else
        done = check_password(again, strlen(again), error);
    mem_wipe(again, sizeof again);
    return done;
}

static bool take_password(struct recovery *recovery, struct error *error)
{
    const struct settings *settings = recovery->settings;

    if (settings_given(settings, OPTION_PASSWORD_FILE))
        return from_file(recovery, settings_text(settings, OPTION_PASSWORD_FILE), error);
    if (!settings_flag(settings, OPTION_DRY_RUN) && term_can_ask())
        return from_terminal(recovery, error);
    make_password(recovery);
    return true;
}

/* Before the change: above all a password that is made must be shown, or nobody has it. */
static bool can_show(const struct recovery *recovery, struct error *error)
{
    if (term_can_write(STDOUT_FILENO) || settings_flag(recovery->settings, OPTION_DRY_RUN))
        return true;
    if (!recovery->made)
        return answer_ready(error);
    error_set(error, ERROR_OUTPUT,
              "standard output, where the new password is to be shown, cannot be written: "
              "nothing was changed");
    return error_try(error, "--password-file with one of your own");
}

static bool begin_recovery(struct recovery *recovery, struct error *error)
{
    recovery->change.change =
        edit_recover(session_db(recovery->session), session_admin(recovery->session), error);
    return recovery->change.change != NULL;
}

static bool plan_recovery(struct recovery *recovery, struct error *error)
{
    const struct settings *settings = recovery->settings;
    const struct edit_recovery wanted = {
        .password = recovery->password,
        .clear_otp = settings_flag(settings, OPTION_CLEAR_OTP),
        .clear_yubikey = settings_flag(settings, OPTION_CLEAR_YUBIKEY),
        .enable_account = settings_flag(settings, OPTION_ENABLE_ACCOUNT)};

    return edit_set_recovery(recovery->change.change, &wanted, error);
}

static bool is_barred(const struct recovery *recovery, size_t which)
{
    const bool bars[BARS] = {recovery->bars.code, recovery->bars.yubikey, recovery->bars.disabled};

    return bars[which];
}

/* Before anybody agrees: the password alone lets nobody in where more is asked for. */
static bool look_at_bars(struct recovery *recovery)
{
    struct buf text = BUF_EMPTY(BUF_MAX);

    recovery->bars = login_bars(recovery->change.change);
    for (size_t i = 0; i < BARS; i++)
        if (is_barred(recovery, i))
            buf_add_format(&text, "%s%s (%s)", text.length > 0 ? ", " : "", bar_table[i].words,
                           bar_table[i].option);
    if (text.length > 0)
        term_warn("the new password alone lets nobody in: %s", buf_text(&text));
    buf_free(&text);
    return true;
}

/* What cannot be cleared keeps the change from nothing; Pritunl's own command does it too. */
static bool clear_tries(struct recovery *recovery)
{
    struct error why = {0};

    if (settings_flag(recovery->settings, OPTION_DRY_RUN))
        return true;
    if (session_server(recovery->session)->secondary)
        term_warn("the count of logins that were tried lies in secondary_mongodb_uri: after 30 in "
                  "ten minutes, sudo pritunl clear-auth-limit");
    else if (!login_clear_tries(session_db(recovery->session), recovery->change.change->before,
                                &recovery->tries_cleared, &why))
        term_warn("the count of logins that were tried was not cleared (%s): after 30 in ten "
                  "minutes, sudo pritunl clear-auth-limit",
                  why.text);
    else if (recovery->tries_cleared)
        term_note("the count of logins that were tried was cleared");
    return true;
}

static struct json *recovery_json(const struct recovery *recovery)
{
    struct json *json = change_run_json(&recovery->change);
    struct json *bars = json_make_array();

    for (size_t i = 0; i < BARS; i++)
        if (is_barred(recovery, i))
            json_add(bars, json_make_text(bar_table[i].name));
    json_put(json, "barred_by", bars);
    json_put_bool(json, "tries_cleared", recovery->tries_cleared);
    return json;
}

static bool answer_recovery(struct recovery *recovery, struct error *error)
{
    const struct settings *settings = recovery->settings;
    bool shows = recovery->made && recovery->change.changed;
    struct buf out = BUF_EMPTY(BUF_MAX);
    struct json *json = NULL;

    if (settings_flag(settings, OPTION_JSON)) {
        json = recovery_json(recovery);
        if (shows)
            json_put_text(json, "password", recovery->password);
        return answer_json(json, error);
    }
    change_run_write(&recovery->change, &out);
    if (shows) {
        buf_add_text(&out, "new password (shown once): ");
        buf_add_text(&out, recovery->password);
        buf_add_text(&out, "\n");
    }
    return answer_prose(&out, error);
}

/* After a change whose password was to be shown and was not. */
static bool password_lost(const struct recovery *recovery, struct error *error)
{
    const struct change_run *change = &recovery->change;
    const char *name = change->change->administrator;
    struct error why = *error;
    char *word = NULL;

    if (!recovery->made || !change->changed)
        return false;
    ending_told();
    error_set(error, ERROR_OUTPUT,
              "the password of %s was changed, and nobody knows the new one: %s", name, why.text);
    if (change->undo_id != NULL)
        return error_try(error, "pritunl-access undo %s", change->undo_id);
    word = text_shell(name);
    error_try(error, "pritunl-access recover %s", word);
    mem_free(word);
    return false;
}

/*
 * From before the write until a password that was made is shown signals wait: nobody else knows it.
 */
static bool write_and_show(struct recovery *recovery, struct error *error)
{
    sigset_t before;
    bool holds = recovery->made && !settings_flag(recovery->settings, OPTION_DRY_RUN);
    bool done = false;

    if (holds)
        signals_hold(&before);
    done = change_run_do(&recovery->change, error) && clear_tries(recovery) &&
           (answer_recovery(recovery, error) || password_lost(recovery, error));
    if (holds && !done)
        answer_before_signal(error);
    if (holds)
        signals_release(&before);
    return done;
}

static bool run_recover(struct run *run)
{
    const struct session_options options = options_session_writing(run->settings, run_word(run, 0));
    const struct change_options how = options_change(run->settings);
    struct session *session = session_new(&options);
    struct error *error = run->error;
    struct recovery recovery = {
        .settings = run->settings,
        .session = session,
        .change = {.session = session,
                   .options = &how,
                   .effect = "console sessions of this administrator end; its API pair stays"}};
    bool done = session_read(session, error) && begin_recovery(&recovery, error) &&
                take_password(&recovery, error) && can_show(&recovery, error) &&
                plan_recovery(&recovery, error) && look_at_bars(&recovery) &&
                change_runs_agree(&recovery.change, 1, error) && write_and_show(&recovery, error);

    mem_wipe(recovery.password, sizeof recovery.password);
    change_run_clear(&recovery.change);
    session_free(session);
    return done;
}

const struct command cmd_recover = {
    .name = "recover",
    .group = GROUP_MEND,
    .arguments = "[ADMIN]",
    .summary = "a new console password, without deleting anybody",
    .description =
        "Unlike pritunl reset-password it keeps the administrator, its token and its secret. "
        "The password is asked for twice on a terminal; without one, or on an empty line, "
        "one is made and shown once. Console sessions end, and the count of logins that were "
        "tried begins anew. What the console asks beside the password is named.",
    .examples =
        (const char *const[]){"Nobody can log in any more:",
                              "pritunl-access recover pritunl --clear-otp --enable-account", NULL},
    .max_words = 1,
    .options = (const enum option_id[]){CHANGE_OPTIONS, OPTION_PASSWORD_FILE, OPTION_CLEAR_OTP,
                                        OPTION_CLEAR_YUBIKEY, OPTION_ENABLE_ACCOUNT, OPTION_COUNT},
    .run = run_recover,
};
