/* SPDX-License-Identifier: MIT */
#include "cmd/verify.h"

#include <string.h>
#include <unistd.h>

#include "base/busy.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "base/term.h"
#include "base/text.h"
#include "cli/configuration.h"
#include "cmd/options.h"
#include "cmd/verify_format.h"
#include "place/output.h"
#include "pritunl/mark.h"
#include "step/answer.h"
#include "step/borrowed.h"
#include "step/report.h"
#include "step/session.h"

#define MS_PER_S 1000

/*
 * Administrators times hosts; without --every-host there is one place, the URL that was given or
 * found.
 */
struct grid {
    const struct session *session;
    const struct admin *const *admins;
    size_t admin_count;
    const struct host **hosts; /* NULL: the one URL */
    size_t host_count;
    struct verify_answer *answers;
};

static void fill_expiry(struct verify_answer *answer, const struct admin *admin)
{
    struct mark mark = {0};

    if (admin != NULL && mark_read(admin->document, &mark))
        answer->expires_ms = mark.expires_ms;
    mark_clear(&mark);
}

static void fill_answer(struct verify_answer *answer, const struct session *session,
                        const struct verify_result *result)
{
    const struct contact *contact = session_contact(session);

    answer->administrator = mem_text(session_name(session));
    answer->url = mem_text(contact != NULL ? contact_url(contact) : NULL);
    answer->certificate_end_s = contact != NULL ? contact_certificate_end_s(contact) : 0;
    fill_expiry(answer, session_admin(session));
    answer->result = *result;
}

static void fail_answer(struct verify_answer *answer, const struct error *error)
{
    answer->failed = true;
    answer->error = *error;
    answer->result =
        (struct verify_result){.verdict = VERDICT_UNKNOWN,
                               .cause = cause_is_finding(error->cause) ? error->cause : CAUSE_NONE,
                               .latency_ms = -1};
    /* A source without a usable pair is an answer: no. */
    if (error->kind == ERROR_UNUSABLE && answer->result.cause != CAUSE_NONE) {
        answer->result.verdict = VERDICT_REFUSED;
        answer->error.kind = ERROR_REFUSED;
    }
}

static void clear_answer(struct verify_answer *answer)
{
    mem_free(answer->administrator);
    mem_free(answer->url);
    mem_free(answer->host);
    mem_free(answer->profile);
    *answer = (struct verify_answer){0};
}

static int answer_status(const struct verify_answer *answer)
{
    if (answer->failed)
        return error_status(answer->error.kind);
    if (answer->result.verdict == VERDICT_UNKNOWN)
        return error_status(cause_kind(answer->result.cause) == ERROR_DATABASE ? ERROR_DATABASE
                                                                               : ERROR_API);
    return answer->result.verdict == VERDICT_ACCEPTED ? 0 : error_status(ERROR_REFUSED);
}

static struct json *verdict_json(const struct verify_answer *answer)
{
    const struct verify_result *result = &answer->result;
    struct json *json = json_make_object();

    json_put_text(json, "administrator", answer->administrator);
    json_put_text(json, "url", answer->url);
    json_put_text(json, "verdict", verdict_name(result->verdict));
    json_put_text(json, "cause", cause_name(result->cause));
    json_put_text(json, "also", cause_name(result->also));
    json_put_text(json, "detail",
                  answer->failed              ? answer->error.text
                  : result->detail[0] != '\0' ? result->detail
                                              : NULL);
    if (result->status != 0)
        json_put_int(json, "status", result->status);
    else
        json_put_null(json, "status");
    json_put_text(json, "trust", result->trust);
    if (result->latency_ms >= 0)
        json_put_int(json, "latency_ms", result->latency_ms);
    else
        json_put_null(json, "latency_ms");
    if (result->has_clock)
        json_put_int(json, "clock_skew_s", result->clock_skew_s);
    else
        json_put_null(json, "clock_skew_s");
    json_put_text(json, "server", result->server[0] != '\0' ? result->server : NULL);
    if (answer->host != NULL)
        json_put_text(json, "host", answer->host);
    if (answer->profile != NULL)
        json_put_text(json, "profile", answer->profile);
    return json;
}

/* The error of an answer that is no acceptance, with its remedy. */
static bool answer_as_error(const struct verify_answer *answer, struct error *error)
{
    if (answer->failed) {
        *error = answer->error;
        return false;
    }
    return verify_error(&answer->result, answer->administrator, answer->url, error);
}

static const char *verify_format(const struct settings *settings)
{
    return settings_given(settings, OPTION_FORMAT) ? settings_text(settings, OPTION_FORMAT) : NULL;
}

/* For monitoring: whatever there is to say is an answer. */
static bool write_for_machines(struct run *run, const struct verify_answer *answers, size_t count)
{
    const struct output_config output = options_output(run->settings);
    int64_t now_s = clock_wall_ms() / MS_PER_S;
    struct buf out = BUF_EMPTY(BUF_MAX);
    bool changed = false;
    bool done = false;

    if (text_equal(verify_format(run->settings), "nagios"))
        run->status = (int)verify_nagios(answers, count, now_s, &out);
    else
        verify_prometheus(answers, count, now_s, &out);
    if (output.path == NULL)
        return answer_text(&out, run->error);
    done = output_write(&output, &out, &changed, run->error);
    buf_free(&out);
    return done;
}

static bool write_verdict(bool as_json, const struct verify_answer *answer, const char *from,
                          struct error *error)
{
    struct buf out = BUF_EMPTY(BUF_MAX);
    const struct verify_result *result = &answer->result;
    char *name = NULL;

    /* Without a cause it is no answer to the question, but a mistake in asking it. */
    if (answer->failed && result->cause == CAUSE_NONE)
        return answer_as_error(answer, error);
    if (as_json)
        return answer_json(verdict_json(answer), error);
    if (result->verdict != VERDICT_ACCEPTED)
        return answer_as_error(answer, error);
    name = answer->administrator != NULL
               ? text_printable(answer->administrator, strlen(answer->administrator))
               : mem_text("the pair");
    buf_add_format(&out, "accepted: %s at %s (from %s; trust: %s; %lld ms)\n", name, answer->url,
                   from, result->trust, (long long)result->latency_ms);
    mem_free(name);
    return answer_prose(&out, error);
}

/* Recover, reach, ask: an answer in any case. */
static void verify_session(struct session *session, struct verify_answer *answer)
{
    struct verify_result result;
    struct error error = {0};

    if (session_begin(session, &error) && session_read(session, &error) &&
        session_reach(session, &error)) {
        borrowed_note(session);
        session_verify(session, &result);
        fill_answer(answer, session, &result);
    } else {
        fail_answer(answer, &error);
    }
}

static bool verify_one(struct run *run)
{
    const struct session_options options = options_session(run->settings, run_word(run, 0));
    struct session *session = session_new(&options);
    struct verify_answer answer = {0};
    const struct access *access = NULL;
    bool done = false;

    verify_session(session, &answer);
    access = session_access(session);
    run->status = answer_status(&answer);
    if (verify_format(run->settings) == NULL)
        done = write_verdict(settings_flag(run->settings, OPTION_JSON), &answer,
                             access != NULL ? access->url_from : "", run->error);
    else if (answer.failed && answer.result.cause == CAUSE_NONE)
        done = answer_as_error(&answer, run->error);
    else
        done = write_for_machines(run, &answer, 1);
    clear_answer(&answer);
    session_free(session);
    return done;
}

static bool reach_cell(struct session *cell, const struct grid *grid, const struct host *host,
                       struct error *error)
{
    return host != NULL
               ? session_reach_host(cell, host, error)
               : session_reach_url(cell, contact_url(session_contact(grid->session)), error);
}

static void verify_cell(void *context, size_t index)
{
    struct grid *grid = context;
    size_t places = grid->hosts != NULL ? grid->host_count : 1;
    const struct host *host = grid->hosts != NULL ? grid->hosts[index % places] : NULL;
    struct session *cell = session_beside(grid->session);
    struct verify_answer *answer = &grid->answers[index];
    struct verify_result result;
    struct error error = {0};

    session_choose(cell, grid->admins[index / places]);
    if (reach_cell(cell, grid, host, &error)) {
        session_verify(cell, &result);
        fill_answer(answer, cell, &result);
    } else {
        error_blame(&error, CAUSE_UNREACHABLE);
        fail_answer(answer, &error);
        answer->administrator = mem_text(session_name(cell));
        fill_expiry(answer, session_admin(cell));
    }
    answer->host = mem_text(host != NULL ? host->name : NULL);
    session_free(cell);
}

static const char *label_of(const struct verify_answer *answer)
{
    return answer->profile != NULL ? answer->profile : answer->host != NULL ? answer->host : "";
}

static void add_verdict_row(struct report *report, const struct verify_answer *answer)
{
    const char *cause = cause_name(answer->result.cause);

    report_row(report);
    report_text(report, NULL, "VERDICT", verdict_name(answer->result.verdict));
    report_text(report, NULL, "CAUSE",
                cause != NULL    ? cause
                : answer->failed ? answer->error.text
                                 : "-");
    report_text(report, NULL, "ADMINISTRATOR", answer->administrator);
    report_text(report, NULL, "WHERE", label_of(answer));
    report_text(report, NULL, "URL", answer->url);
}

/* What went wrong comes last: there the eye is when it has run through. */
static bool write_verdict_table(const struct verify_answer *answers, size_t count,
                                struct error *error)
{
    static const char *const headings[] = {"VERDICT", "CAUSE", "ADMINISTRATOR",
                                           "WHERE",   "URL",   NULL};
    static const enum verdict order[] = {VERDICT_ACCEPTED, VERDICT_UNKNOWN, VERDICT_REFUSED};
    struct report *report = report_new(headings, REPORT_TABLE);

    for (size_t rank = 0; rank < sizeof order / sizeof *order; rank++)
        for (size_t i = 0; i < count; i++)
            if (answers[i].result.verdict == order[rank])
                add_verdict_row(report, &answers[i]);
    return report_answer(report, error);
}

/* The table has no room for what exactly was met there: another host of the cluster, say. */
static void say_unknown_hosts(const struct verify_answer *answers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct verify_answer *answer = &answers[i];
        const char *detail = answer->failed ? answer->error.text : answer->result.detail;

        if (answer->host != NULL && answer->result.verdict == VERDICT_UNKNOWN && *detail != '\0')
            term_note("%s: %s", answer->host, detail);
    }
}

/* For people who watch; whoever reads it in a pipe can count. */
static void say_sum(const struct verify_answer *answers, size_t count)
{
    size_t verdicts[VERDICT_REFUSED + 1] = {0};

    for (size_t i = 0; i < count; i++)
        verdicts[answers[i].result.verdict]++;
    if (term_is_terminal(STDERR_FILENO))
        term_note("%zu asked: %zu accepted, %zu refused, %zu unknown", count,
                  verdicts[VERDICT_ACCEPTED], verdicts[VERDICT_REFUSED], verdicts[VERDICT_UNKNOWN]);
}

static bool write_verdicts(struct run *run, const struct verify_answer *answers, size_t count)
{
    struct json *json = NULL;

    for (size_t i = 0; i < count; i++) {
        int each = answer_status(&answers[i]);

        if (run->status == 0 || each == error_status(ERROR_REFUSED))
            run->status = each != 0 ? each : run->status;
    }
    if (verify_format(run->settings) != NULL)
        return write_for_machines(run, answers, count);
    if (!settings_flag(run->settings, OPTION_JSON)) {
        if (!write_verdict_table(answers, count, run->error))
            return false;
        say_unknown_hosts(answers, count);
        say_sum(answers, count);
        return true;
    }
    json = json_make_array();
    for (size_t i = 0; i < count; i++)
        json_add(json, verdict_json(&answers[i]));
    return answer_json(json, run->error);
}

void verify_answers_free(struct verify_answer *answers, size_t count)
{
    for (size_t i = 0; answers != NULL && i < count; i++)
        clear_answer(&answers[i]);
    mem_free(answers);
}

static bool online_hosts(struct grid *grid, struct error *error)
{
    const struct server *server = session_server(grid->session);

    grid->hosts = mem_zero(server->host_count + 1, sizeof *grid->hosts);
    for (size_t i = 0; i < server->host_count; i++)
        if (server->hosts[i].online)
            grid->hosts[grid->host_count++] = &server->hosts[i];
    if (grid->host_count > 0)
        return true;
    error_set(error, ERROR_API, "the database knows of no host that is online");
    error_try(error, "systemctl status pritunl, on a host");
    return error_blame(error, CAUSE_UNREACHABLE);
}

/* At most: others are asked while some do not answer. */
static void ask_many(size_t count, size_t jobs, size_t most,
                     void (*work)(void *context, size_t index), void *context)
{
    if (count == 1)
        busy_begin("waiting for one answer");
    else
        busy_begin("waiting for %zu answers", count);
    parallel_run_growing(count, jobs, most, work, context);
    busy_end();
}

bool verify_every_host(const struct session *session, size_t jobs, struct verify_answer **answers,
                       size_t *count, struct error *error)
{
    const struct admin *admin = session_admin(session);
    struct grid grid = {.session = session, .admins = &admin, .admin_count = 1};
    bool done = online_hosts(&grid, error);

    *answers = mem_zero(grid.host_count + 1, sizeof **answers);
    *count = grid.host_count;
    grid.answers = *answers;
    if (done)
        ask_many(*count, jobs, jobs, verify_cell, &grid);
    mem_free(grid.hosts);
    return done;
}

/* --all: whoever there is. */
static bool read_everybody(struct grid *grid, struct session *session, struct error *error)
{
    const struct snapshot_query everybody = {.wants_server = true};

    if (!session_survey_all(session, "--all", &everybody, error))
        return false;
    grid->admins = snapshot_admins(session_snapshot(session));
    grid->admin_count = snapshot_count(session_snapshot(session));
    return true;
}

/* Whom to verify: all, or the one that is meant; and where. */
static bool read_grid(struct grid *grid, struct session *session, const struct admin **one,
                      const struct settings *settings, struct error *error)
{
    bool every_host = settings_flag(settings, OPTION_EVERY_HOST);

    if (!session_begin(session, error))
        return false;
    if (settings_flag(settings, OPTION_ALL)) {
        if (!read_everybody(grid, session, error))
            return false;
    } else {
        if (!session_only_database(session, "--every-host", error) || !session_read(session, error))
            return false;
        *one = session_admin(session);
        grid->admins = one;
        grid->admin_count = 1;
    }
    return every_host ? online_hosts(grid, error) : session_reach(session, error);
}

/* Nobody could be asked: for whoever reads it by a program that is the one answer of the list. */
static bool answer_for_nobody(struct run *run)
{
    struct verify_answer answer = {0};

    fail_answer(&answer, run->error);
    if (answer.result.cause == CAUSE_NONE ||
        (verify_format(run->settings) == NULL && !settings_flag(run->settings, OPTION_JSON)))
        return false;
    return write_verdicts(run, &answer, 1);
}

static bool verify_grid(struct run *run)
{
    const struct session_options options = options_session(run->settings, run_word(run, 0));
    struct session *session = session_new(&options);
    struct grid grid = {.session = session};
    const struct admin *one = NULL;
    size_t jobs = (size_t)settings_number(run->settings, OPTION_JOBS);
    size_t count = 0;
    bool done = read_grid(&grid, session, &one, run->settings, run->error);

    if (done) {
        count = grid.admin_count * (grid.hosts != NULL ? grid.host_count : 1);
        grid.answers = mem_zero(count, sizeof *grid.answers);
        ask_many(count, jobs, jobs, verify_cell, &grid);
        done = write_verdicts(run, grid.answers, count);
    } else {
        done = answer_for_nobody(run);
    }
    verify_answers_free(grid.answers, count);
    mem_free(grid.hosts);
    session_free(session);
    return done;
}

struct profiles {
    const struct settings *settings;
    const char *const *names;
    struct verify_answer *answers;
};

static void verify_profile(void *context, size_t index)
{
    struct profiles *profiles = context;
    struct verify_answer *answer = &profiles->answers[index];
    struct settings settings = {0};
    struct error error = {0};

    if (settings_with_profile(&settings, profiles->settings, profiles->names[index], &error)) {
        const struct session_options options = options_session(&settings, NULL);
        struct session *session = session_new(&options);

        verify_session(session, answer);
        session_free(session);
    } else {
        fail_answer(answer, &error);
    }
    answer->profile = mem_text(profiles->names[index]);
    settings_clear(&settings);
}

/* All are read before anybody is asked, so that a mistake in one is found first; none is kept. */
static bool check_profiles(const struct profiles *profiles, size_t count, struct error *error)
{
    bool good = count > 0;

    if (!good) {
        error_set(error, ERROR_USAGE, "no configuration file has profiles");
        error_try(error, "pritunl-access verify --all");
    }
    for (size_t i = 0; good && i < count; i++) {
        struct settings settings = {0};

        good = settings_with_profile(&settings, profiles->settings, profiles->names[i], error);
        if (good && !text_equal(settings.values[OPTION_INSECURE].from,
                                profiles->settings->values[OPTION_INSECURE].from))
            settings_warn_insecure(&settings);
        settings_clear(&settings);
    }
    return good;
}

static bool verify_profiles(struct run *run)
{
    size_t count = 0;
    const char **names = settings_profiles(run->settings, &count);
    struct profiles profiles = {run->settings, names,
                                mem_zero(count + 1, sizeof(struct verify_answer))};
    bool given = settings_given(run->settings, OPTION_JOBS);
    size_t jobs = given ? (size_t)settings_number(run->settings, OPTION_JOBS) : JOBS_PROFILES_FEW;
    bool done = check_profiles(&profiles, count, run->error);

    if (done) {
        ask_many(count, jobs, given ? jobs : JOBS_PROFILES, verify_profile, &profiles);
        done = write_verdicts(run, profiles.answers, count);
    }
    verify_answers_free(profiles.answers, count);
    mem_free(names);
    return done;
}

static bool check_format(const struct settings *settings, struct error *error)
{
    const char *format = verify_format(settings);
    bool prometheus = text_equal(format, "prometheus");

    if (format != NULL && !prometheus && !text_equal(format, "nagios")) {
        error_set(error, ERROR_USAGE, "verify: --format is nagios or prometheus");
        return error_try(error, "pritunl-access verify --json");
    }
    if (format != NULL && settings_flag(settings, OPTION_JSON))
        return error_set(error, ERROR_USAGE, "verify: --format and --json exclude each other");
    if (settings_given(settings, OPTION_OUTPUT) && !prometheus)
        return error_set(error, ERROR_USAGE, "verify: -o is for --format prometheus alone");
    return true;
}

static bool verify_what_is_meant(struct run *run)
{
    bool named = run->word_count > 0;
    bool all = settings_flag(run->settings, OPTION_ALL);
    bool every_host = settings_flag(run->settings, OPTION_EVERY_HOST);

    if (all && named)
        return error_set(run->error, ERROR_USAGE,
                         "verify: --all and an administrator exclude each other");
    if (settings_flag(run->settings, OPTION_ALL_PROFILES)) {
        if (all || every_host || named)
            return error_set(run->error, ERROR_USAGE, "verify: --all-profiles stands alone");
        return verify_profiles(run);
    }
    return all || every_host ? verify_grid(run) : verify_one(run);
}

static bool run_verify(struct run *run)
{
    return check_format(run->settings, run->error) && verify_what_is_meant(run);
}

/* A plugin has its one line whatever happens, a broken configuration too: 2 would be CRITICAL. */
static bool tell_plugin_error(struct run *run)
{
    struct buf out = BUF_EMPTY(BUF_MAX);

    if (!text_equal(verify_format(run->settings), "nagios") ||
        settings_flag(run->settings, OPTION_JSON))
        return false;
    run->status = (int)verify_nagios_error(run->error, &out);
    return answer_text(&out, run->error);
}

const struct command cmd_verify = {
    .name = "verify",
    .group = GROUP_LOOK,
    .everyday = "verify",
    .everyday_for = "does it work?",
    .settings = (const enum option_id[]){OPTION_MONGODB_URI_FILE, OPTION_ADMINISTRATOR, OPTION_URL,
                                         OPTION_SOURCE, OPTION_CA_CERT, OPTION_PIN, OPTION_JOBS,
                                         OPTION_COUNT},
    .arguments = "[ADMIN]",
    .summary = "one signed request: accepted, or the exact cause",
    .description =
        "Sends one signed GET /status and names the one cause where it is refused. With --format "
        "nagios one line, and the status of a plugin: 1 where the certificate ends within 14 days "
        "or the clocks differ by five minutes, 2 refused, 3 nobody could tell. With --format "
        "prometheus a text file for its node exporter.",
    .examples = (const char *const[]){"Does it work?", "pritunl-access verify",
                                      "On every host of the cluster, for every administrator:",
                                      "pritunl-access verify --all --every-host --json",
                                      "As a check of Nagios or Icinga:",
                                      "pritunl-access verify --format nagios", NULL},
    .max_words = 1,
    .options = (const enum option_id[]){OPTION_ALL, OPTION_EVERY_HOST, OPTION_ALL_PROFILES,
                                        OPTION_FORMAT, OUTPUT_OPTIONS, OPTION_COUNT},
    .run = run_verify,
    .tell_error = tell_plugin_error,
};
