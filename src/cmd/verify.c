/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "cmd/answer.h"
#include "cmd/flow.h"
#include "cmd/options.h"
#include "cmd/verify_many.h"

void verify_answer_fill(struct verify_answer *answer, const struct flow *flow,
                        const struct verify_result *result)
{
    answer->administrator = mem_text(flow_name(flow));
    answer->url = mem_text(flow->contact != NULL ? contact_url(flow->contact) : NULL);
    answer->result = *result;
}

void verify_answer_fail(struct verify_answer *answer, const struct error *error)
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

void verify_answer_clear(struct verify_answer *answer)
{
    mem_free(answer->administrator);
    mem_free(answer->url);
    mem_free(answer->host);
    mem_free(answer->profile);
    *answer = (struct verify_answer){0};
}

int verify_answer_status(const struct verify_answer *answer)
{
    if (answer->failed)
        return error_status(answer->error.kind);
    if (answer->result.verdict == VERDICT_UNKNOWN)
        return error_status(cause_kind(answer->result.cause) == ERROR_DATABASE ? ERROR_DATABASE
                                                                               : ERROR_API);
    return answer->result.verdict == VERDICT_ACCEPTED ? 0 : error_status(ERROR_REFUSED);
}

struct json *verify_answer_json(const struct verify_answer *answer)
{
    const struct verify_result *result = &answer->result;
    struct json *json = json_make_object();

    json_put_text(json, "administrator", answer->administrator);
    json_put_text(json, "url", answer->url);
    json_put_text(json, "verdict", verdict_name(result->verdict));
    json_put_text(json, "cause", cause_name(result->cause));
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

static bool write_verdict(const struct settings *settings, const struct verify_answer *answer,
                          const char *from, int *status, struct error *error)
{
    struct buf out = BUF_EMPTY(BUF_MAX);
    const struct verify_result *result = &answer->result;
    char *name = NULL;

    *status = verify_answer_status(answer);
    /* Without a cause it is no answer to the question, but a mistake in asking it. */
    if (answer->failed && result->cause == CAUSE_NONE)
        return answer_as_error(answer, error);
    if (settings_flag(settings, OPTION_JSON))
        return answer_json(verify_answer_json(answer), error);
    if (result->verdict != VERDICT_ACCEPTED)
        return answer_as_error(answer, error);
    name = answer->administrator != NULL
               ? text_printable(answer->administrator, strlen(answer->administrator))
               : mem_text("the pair");
    buf_add_format(&out, "accepted: %s at %s (from %s; trust: %s; %lld ms)\n", name, answer->url,
                   from, result->trust, (long long)result->latency_ms);
    mem_free(name);
    return answer_text(&out, error);
}

static bool verify_one(struct settings *settings, const char *name, int *status,
                       struct error *error)
{
    struct verify_answer answer = {0};
    struct verify_result result;
    struct flow flow;
    char *from = NULL;
    bool done = false;

    flow_init(&flow, settings, name);
    if (flow_begin(&flow, error) && flow_read(&flow, error) && flow_reach(&flow, error)) {
        flow_verify(&flow, &result);
        verify_answer_fill(&answer, &flow, &result);
        from = mem_text(flow.access != NULL ? flow.access->url_from : "");
    } else {
        verify_answer_fail(&answer, error);
    }
    done = write_verdict(settings, &answer, from, status, error);
    mem_free(from);
    verify_answer_clear(&answer);
    flow_clear(&flow);
    return done;
}

static bool run_verify(struct run *run)
{
    struct settings *settings = run->settings;
    struct error *error = run->error;
    const char *name = run_word(run, 0);

    if (settings_flag(settings, OPTION_ALL) && name != NULL)
        return error_set(error, ERROR_USAGE,
                         "verify: --all and an administrator exclude each other");
    if (settings_flag(settings, OPTION_ALL_PROFILES) &&
        (settings_flag(settings, OPTION_ALL) || settings_flag(settings, OPTION_EVERY_HOST) ||
         name != NULL))
        return error_set(error, ERROR_USAGE, "verify: --all-profiles stands alone");
    if (settings_flag(settings, OPTION_ALL_PROFILES) || settings_flag(settings, OPTION_ALL) ||
        settings_flag(settings, OPTION_EVERY_HOST))
        return verify_many(settings, name, &run->status, error);
    return verify_one(settings, name, &run->status, error);
}

const struct command cmd_verify = {
    .name = "verify",
    .arguments = "[ADMIN]",
    .summary = "one signed request: accepted, or the exact cause",
    .description = "Sends one signed GET /status and names the one cause where it is refused.",
    .examples = (const char *const[]){"Does it work?", "pritunl-access verify",
                                      "On every host of the cluster, for every administrator:",
                                      "pritunl-access verify --all --every-host --json", NULL},
    .max_words = 1,
    .options =
        (const enum option_id[]){OPTION_ALL, OPTION_EVERY_HOST, OPTION_ALL_PROFILES, OPTION_COUNT},
    .run = run_verify,
};
