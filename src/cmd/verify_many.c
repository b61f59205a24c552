/* SPDX-License-Identifier: MIT */
#include "cmd/verify_many.h"
#include "api/endpoints.h"

#include "api/locate.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "base/term.h"
#include "base/text.h"
#include "cli/configuration.h"
#include "cmd/answer.h"

#define PROFILE_JOBS 256

/*
 * Administrators times hosts; without --every-host there is one place, the URL that was given or
 * found.
 */
struct grid {
    const struct settings *settings;
    struct flow flow;
    const struct admin *const *admins;
    size_t admin_count;
    const struct host **hosts; /* NULL: the one URL */
    size_t host_count;
    struct verify_answer *answers;
};

static struct contact *contact_of(const struct grid *grid, const struct host *host,
                                  struct error *error)
{
    struct contact_options options = flow_contact_options(grid->settings, NULL);
    struct endpoints endpoints = {0};
    const struct endpoint *chosen = NULL;
    struct contact *contact = NULL;
    enum cause ignored = CAUSE_NONE;

    if (host == NULL) {
        options.url = contact_url(grid->flow.contact);
        return contact_open(&options, error);
    }
    server_host_endpoints(snapshot_server(grid->flow.snapshot), host, &endpoints);
    contact = locate(&endpoints, &options, flow_certificate(&grid->flow), &chosen, &ignored);
    if (contact == NULL)
        error_set(error, ERROR_API, "host %s has no address that could be asked", host->name);
    endpoints_clear(&endpoints);
    return contact;
}

static void verify_cell(void *context, size_t index)
{
    struct grid *grid = context;
    size_t places = grid->hosts != NULL ? grid->host_count : 1;
    const struct host *host = grid->hosts != NULL ? grid->hosts[index % places] : NULL;
    struct verify_answer *answer = &grid->answers[index];
    struct verify_result result;
    struct error error = {0};
    struct flow cell =
        grid->flow; /* borrows database and snapshot; contact and access are its own */

    cell.admin = grid->admins[index / places];
    cell.access = NULL;
    cell.contact = contact_of(grid, host, &error);
    if (cell.contact != NULL) {
        flow_pair(&cell);
        flow_verify(&cell, &result);
        verify_answer_fill(answer, &cell, &result);
    } else {
        error_blame(&error, CAUSE_UNREACHABLE);
        verify_answer_fail(answer, &error);
        answer->administrator = mem_text(cell.admin->username);
    }
    answer->host = mem_text(host != NULL ? host->name : NULL);
    contact_abandon(cell.contact);
    access_free(cell.access);
}

static const char *label_of(const struct verify_answer *answer)
{
    return answer->profile != NULL ? answer->profile : answer->host != NULL ? answer->host : "";
}

static bool write_verdict_table(const struct verify_answer *answers, size_t count,
                                struct error *error)
{
    struct table *table = table_new(5);
    struct buf out = BUF_EMPTY(BUF_MAX);

    table_add(table, (const char *const[]){"VERDICT", "CAUSE", "ADMINISTRATOR", "WHERE", "URL"});
    for (size_t i = 0; i < count; i++) {
        const struct verify_answer *answer = &answers[i];
        const char *cause = cause_name(answer->result.cause);

        table_add(table,
                  (const char *const[]){verdict_name(answer->result.verdict),
                                        cause != NULL    ? cause
                                        : answer->failed ? answer->error.text
                                                         : "-",
                                        answer->administrator, label_of(answer), answer->url});
    }
    table_write(table, &out);
    table_free(table);
    return answer_text(&out, error);
}

static bool write_verdicts(const struct settings *settings, const struct verify_answer *answers,
                           size_t count, int *status, struct error *error)
{
    struct json *json = NULL;

    *status = 0;
    for (size_t i = 0; i < count; i++) {
        int each = verify_answer_status(&answers[i]);

        if (*status == 0 || each == error_status(ERROR_REFUSED))
            *status = each != 0 ? each : *status;
    }
    if (!settings_flag(settings, OPTION_JSON))
        return write_verdict_table(answers, count, error);
    json = json_make_array();
    for (size_t i = 0; i < count; i++)
        json_add(json, verify_answer_json(&answers[i]));
    return answer_json(json, error);
}

void verify_answers_free(struct verify_answer *answers, size_t count)
{
    for (size_t i = 0; answers != NULL && i < count; i++)
        verify_answer_clear(&answers[i]);
    mem_free(answers);
}

static bool online_hosts(struct grid *grid, struct error *error)
{
    const struct server *server = snapshot_server(grid->flow.snapshot);

    grid->hosts = mem_zero(server->host_count + 1, sizeof *grid->hosts);
    for (size_t i = 0; i < server->host_count; i++)
        if (server->hosts[i].online)
            grid->hosts[grid->host_count++] = &server->hosts[i];
    return grid->host_count > 0 ||
           error_set(error, ERROR_API, "the database knows of no host that is online");
}

bool verify_every_host(const struct flow *flow, struct verify_answer **answers, size_t *count,
                       struct error *error)
{
    struct grid grid = {
        .settings = flow->settings, .flow = *flow, .admins = &flow->admin, .admin_count = 1};
    bool done = online_hosts(&grid, error);

    *answers = mem_zero(grid.host_count + 1, sizeof **answers);
    *count = grid.host_count;
    grid.answers = *answers;
    if (done)
        parallel_run(*count, (size_t)settings_number(flow->settings, OPTION_JOBS), verify_cell,
                     &grid);
    mem_free(grid.hosts);
    return done;
}

/* Whom to verify: all, or the one that is meant. */
static bool read_grid(struct grid *grid, struct error *error)
{
    const struct snapshot_query everybody = {.wants_server = true};
    bool all = settings_flag(grid->settings, OPTION_ALL);

    if (!flow_only_database(&grid->flow, all ? "--all" : "--every-host", error))
        return false;
    if (!all) {
        if (!flow_read(&grid->flow, error))
            return false;
        grid->admins = &grid->flow.admin;
        grid->admin_count = 1;
        return true;
    }
    if (!flow_open(&grid->flow, error) || !flow_survey(&grid->flow, &everybody, error))
        return false;
    grid->admins = snapshot_admins(grid->flow.snapshot);
    grid->admin_count = snapshot_count(grid->flow.snapshot);
    return true;
}

static bool run_grid(const struct settings *settings, const char *name, int *status,
                     struct error *error)
{
    struct grid grid = {.settings = settings};
    size_t count = 0;
    bool done = false;

    flow_init(&grid.flow, settings, name);
    if (!flow_begin(&grid.flow, error) || !read_grid(&grid, error) ||
        !(settings_flag(settings, OPTION_EVERY_HOST) ? online_hosts(&grid, error)
                                                     : flow_reach(&grid.flow, error)))
        goto out;
    count = grid.admin_count * (grid.hosts != NULL ? grid.host_count : 1);
    grid.answers = mem_zero(count, sizeof *grid.answers);
    parallel_run(count, (size_t)settings_number(settings, OPTION_JOBS), verify_cell, &grid);
    done = write_verdicts(settings, grid.answers, count, status, error);
out:
    verify_answers_free(grid.answers, count);
    mem_free(grid.hosts);
    flow_clear(&grid.flow);
    return done;
}

struct profiles {
    const struct settings *settings; /* one for each name */
    const char *const *names;
    struct verify_answer *answers;
};

static void verify_profile(void *context, size_t index)
{
    struct profiles *profiles = context;
    struct verify_answer *answer = &profiles->answers[index];
    struct verify_result result;
    struct error error = {0};
    struct flow flow;

    flow_init(&flow, &profiles->settings[index], NULL);
    if (flow_begin(&flow, &error) && flow_read(&flow, &error) && flow_reach(&flow, &error)) {
        flow_verify(&flow, &result);
        verify_answer_fill(answer, &flow, &result);
    } else {
        verify_answer_fail(answer, &error);
    }
    answer->profile = mem_text(profiles->names[index]);
    flow_clear(&flow);
}

/* Dead ones must not wait for each other; a thread that waits costs little. */
static size_t profile_jobs(const struct settings *settings)
{
    return settings_given(settings, OPTION_JOBS) ? (size_t)settings_number(settings, OPTION_JOBS)
                                                 : PROFILE_JOBS;
}

static bool run_profiles(const struct settings *settings, int *status, struct error *error)
{
    size_t count = 0;
    const char **names = settings_profiles(settings, &count);
    struct settings *each = mem_zero(count + 1, sizeof *each);
    struct profiles profiles = {each, names, mem_zero(count + 1, sizeof(struct verify_answer))};
    bool done = count > 0 || error_set(error, ERROR_USAGE, "no configuration file has profiles");

    for (size_t i = 0; done && i < count; i++)
        done = settings_with_profile(&each[i], settings, names[i], error);
    if (done) {
        parallel_run(count, profile_jobs(settings), verify_profile, &profiles);
        done = write_verdicts(settings, profiles.answers, count, status, error);
    }
    verify_answers_free(profiles.answers, count);
    for (size_t i = 0; i < count; i++)
        settings_clear(&each[i]);
    mem_free(each);
    mem_free(names);
    return done;
}

bool verify_many(const struct settings *settings, const char *name, int *status,
                 struct error *error)
{
    if (settings_flag(settings, OPTION_ALL_PROFILES))
        return run_profiles(settings, status, error);
    return run_grid(settings, name, status, error);
}
