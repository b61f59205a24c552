/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "api/routes.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "cmd/options.h"
#include "step/answer.h"
#include "step/session.h"

#define FILE_MAX ((size_t)32 * 1024 * 1024)
#define COMMENT_MAX 1024
#define SHOWN_MAX 20 /* networks in a list for people */
#define AWS_BASE "https://ip-ranges.amazonaws.com"
#define AWS_PATH "/ip-ranges.json"

struct job {
    const struct settings *settings;
    struct networks wanted;
    struct networks cuts;    /* as they were given, with bits behind the prefix */
    struct networks fresh;   /* not on the server yet */
    struct networks present; /* there already */
    size_t added;
    struct routes routes;
};

static bool ranges_not_had(const char *why, const char *detail, struct error *error)
{
    error_set(error, ERROR_API, AWS_BASE AWS_PATH " cannot be had: %s%s%s%s", why,
              *detail != '\0' ? " (" : "", detail, *detail != '\0' ? ")" : "");
    return error_try(error, "--file with a copy of it");
}

/* What came, if it is that file. */
static bool take_ranges(const struct http_answer *answer, struct json **ranges, struct error *error)
{
    struct error ignored;
    char status[32];

    snprintf(status, sizeof status, "status %ld", answer->status);
    if (answer->status != 200)
        return ranges_not_had(status, answer->location, error);
    *ranges = json_parse(buf_text(&answer->body), answer->body.length, "ip-ranges.json", &ignored);
    return json_type_of(json_get(*ranges, "prefixes")) == JSON_LIST ||
           ranges_not_had("what came is not that file", "", error);
}

/*
 * AWS's file from its public address: a stranger's server, so by the system's authorities and
 * nothing else.
 */
static bool fetch_ranges(const struct settings *settings, struct json **ranges, struct error *error)
{
    struct contact_options options = options_session(settings, NULL).contact;
    const struct http_request request = {.method = "GET", .path = AWS_PATH};
    struct http_answer answer = HTTP_ANSWER_EMPTY(FILE_MAX);
    struct contact *contact = NULL;
    const char *detail = NULL;
    enum cause cause = CAUSE_NONE;
    bool done = false;

    options.url = AWS_BASE;
    options.insecure = false;
    options.pin = options.ca_cert = NULL;
    contact = contact_open(&options, error);
    if (contact == NULL)
        return false;
    cause = contact_judge(contact, NULL);
    if (cause == CAUSE_NONE)
        cause = contact_request(contact, &request, &answer);
    if (cause == CAUSE_NONE) {
        done = take_ranges(&answer, ranges, error);
    } else {
        /* The causes' own words speak of Pritunl's API. */
        detail = contact_detail(contact);
        ranges_not_had(answer.detail, text_equal(detail, answer.detail) ? "" : detail, error);
        error_blame(error, cause);
    }
    http_answer_free(&answer);
    contact_free(contact);
    return done;
}

/* Nobody types networks unasked. */
static bool check_input(const struct settings *settings, const char *file, struct error *error)
{
    const struct session_options options = options_session(settings, NULL);

    if (file != NULL && !text_equal(file, "-"))
        return true;
    if (file != NULL || !term_is_terminal(STDIN_FILENO))
        return session_input_free(&options, "--file -", error);
    error_set(error, ERROR_USAGE, "routes: no networks, for standard input is a terminal");
    return error_try(error, "--file FILE, or --file - to type them");
}

static bool read_input(const struct settings *settings, struct buf *content, struct error *error)
{
    const char *file = settings_text(settings, OPTION_FILE);

    if (!check_input(settings, file, error) ||
        !file_read_any(file != NULL ? file : "-", content, error))
        return false;
    return memchr(buf_text(content), '\0', content->length) == NULL ||
           error_set(error, ERROR_USAGE, "%s: this is no text (it holds a NUL)",
                     file != NULL ? file : "standard input");
}

static bool check_regions(const struct setting *regions, struct error *error)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-";

    for (size_t i = 0; i < regions->count; i++)
        if (*regions->list[i] == '\0' ||
            *(regions->list[i] + strspn(regions->list[i], letters)) != '\0')
            return error_set(error, ERROR_USAGE,
                             "--aws-region: \"%.64s\" is no region, such as eu-west-1",
                             regions->list[i]);
    return true;
}

/* 10.0.0.0/0 would send everything through the VPN: no --yes was given to that. */
static bool agree_to_everything(const struct job *job, const char *given, const char *network,
                                struct error *error)
{
    char *question = NULL;
    bool asked = false;
    bool agreed = settings_flag(job->settings, OPTION_DRY_RUN);

    if (agreed)
        return true;
    question = text_format("%s is %s, which is everything. Add that?", given, network);
    agreed = term_confirm(question, &asked);
    mem_free(question);
    if (agreed)
        return true;
    error_set(error, ERROR_USAGE, "%s is %s, which is everything: nothing was added", given,
              network);
    return error_try(error, "%s instead, if that is meant", network);
}

/* Says what is added in place of what was given. */
static bool mind_cuts(const struct job *job, struct error *error)
{
    char network[NETWORK_TEXT_SIZE];

    for (size_t i = 0; i < job->cuts.count; i++) {
        const char *given = job->cuts.items[i];

        network_normalise(given, network, NULL);
        if (i < SHOWN_MAX)
            term_warn("%s has host bits: it is added as %s", given, network);
        if (text_ends(network, "/0") && !agree_to_everything(job, given, network, error))
            return false;
    }
    if (job->cuts.count > SHOWN_MAX)
        term_warn("… and %zu more have host bits", job->cuts.count - SHOWN_MAX);
    return true;
}

static bool read_wanted(struct job *job, struct error *error)
{
    const struct setting *regions = &job->settings->values[OPTION_AWS_REGION];
    struct buf content = BUF_EMPTY(FILE_MAX);
    struct json *ranges = NULL;
    bool done = false;

    if (!check_regions(regions, error))
        return false;
    if (regions->count == 0) {
        done = read_input(job->settings, &content, error) &&
               networks_from_lines(buf_text(&content), &job->wanted, &job->cuts, error) &&
               mind_cuts(job, error);
    } else if (settings_text(job->settings, OPTION_FILE) == NULL) {
        done = fetch_ranges(job->settings, &ranges, error);
    } else if (read_input(job->settings, &content, error)) {
        ranges = json_parse(buf_text(&content), content.length, "ip-ranges.json", error);
        done = ranges != NULL;
    }
    if (done && ranges != NULL)
        done = networks_from_aws(ranges, regions->list, regions->count, &job->wanted, error);
    json_free(ranges);
    buf_free(&content);
    return done;
}

static bool compare_routes(struct job *job, struct error *error)
{
    struct networks there = {0};
    bool done = routes_there(&job->routes, &there, error);

    for (size_t i = 0; done && i < job->wanted.count; i++)
        networks_add(networks_has(&there, job->wanted.items[i]) ? &job->present : &job->fresh,
                     job->wanted.items[i]);
    networks_clear(&there);
    return done;
}

static bool agree_to_add(const struct job *job, struct error *error)
{
    char *question = NULL;
    bool asked = false;
    bool agreed = settings_flag(job->settings, OPTION_YES);

    if (agreed)
        return true;
    question = text_format("Add %zu routes to %s (%zu are there already)?", job->fresh.count,
                           job->routes.server_name, job->present.count);
    agreed = term_confirm(question, &asked);
    mem_free(question);
    if (agreed)
        return true;
    error_set(error, ERROR_USAGE, "%zu routes are new to %s: %s", job->fresh.count,
              job->routes.server_name,
              asked ? "not confirmed, nothing was added" : "there is no terminal to confirm it on");
    return asked ? false : error_try(error, "--yes, or --dry-run to see them");
}

static struct json *list_of(const struct networks *networks)
{
    struct json *list = json_make_array();

    for (size_t i = 0; i < networks->count; i++)
        json_add(list, json_make_text(networks->items[i]));
    return list;
}

static void put_lines(struct buf *out, const char *word, const struct networks *networks,
                      const struct networks *reasons)
{
    for (size_t i = 0; i < networks->count && i < SHOWN_MAX; i++) {
        const char *reason = reasons != NULL ? reasons->items[i] : "";
        char *printable = text_printable(reason, strlen(reason));

        buf_add_format(out, "%s %s%s%s\n", word, networks->items[i], reasons != NULL ? ": " : "",
                       printable);
        mem_free(printable);
    }
    if (networks->count > SHOWN_MAX)
        buf_add_format(out, "%s … and %zu more\n", word, networks->count - SHOWN_MAX);
}

static bool answer_routes(struct job *job, bool dry_run, struct error *error)
{
    struct buf out = BUF_EMPTY(BUF_MAX);
    const struct networks *refused = &job->routes.refused;
    struct json *json = NULL;

    if (settings_flag(job->settings, OPTION_JSON)) {
        json = json_make_object();
        json_put_text(json, "server", job->routes.server);
        json_put(json, "new", list_of(&job->fresh));
        json_put(json, "present", list_of(&job->present));
        json_put(json, "refused", list_of(refused));
        json_put_int(json, "added", (int64_t)job->added);
        json_put_bool(json, "dry_run", dry_run);
        return answer_json(json, error);
    }
    put_lines(&out, "new", &job->fresh, NULL);
    put_lines(&out, "refused", refused, &job->routes.reasons);
    buf_add_format(&out, "%s: %zu new, %zu already there, %zu refused%s\n", job->routes.server_name,
                   job->fresh.count - refused->count, job->present.count, refused->count,
                   dry_run ? " (nothing was added: --dry-run)" : "");
    return answer_prose(&out, error);
}

static bool add_routes(struct job *job, const char *name, int *status, struct error *error)
{
    bool dry_run = settings_flag(job->settings, OPTION_DRY_RUN);

    if (!routes_find(&job->routes, name, error) || !compare_routes(job, error))
        return false;
    if (job->fresh.count > 0 && !dry_run) {
        if (!answer_ready(error) || !agree_to_add(job, error) ||
            !routes_add(&job->routes, &job->fresh, &job->added, error))
            return false;
    }
    if (job->routes.refused.count > 0)
        *status = error_status(ERROR_REFUSED);
    return answer_routes(job, dry_run, error);
}

static bool run_routes(struct run *run)
{
    const struct session_options options = options_session(run->settings, NULL);
    const char *comment = settings_text(run->settings, OPTION_COMMENT);
    struct job job = {.settings = run->settings};
    struct session *session = NULL;
    struct verify_case what;
    bool done = false;

    if (run->word_count < 2 || !text_equal(run->words[0], "add")) {
        error_set(run->error, ERROR_USAGE, "routes: what is wanted is add and a server");
        return error_try(run->error, "pritunl-access help routes");
    }
    if (comment != NULL && strnlen(comment, COMMENT_MAX + 1) > COMMENT_MAX)
        return error_set(run->error, ERROR_USAGE, "--comment: longer than %d bytes", COMMENT_MAX);
    session = session_new(&options);
    if (read_wanted(&job, run->error) && session_ask(session, run->error)) {
        what = session_case(session);
        job.routes = (struct routes){.contact = session_contact(session),
                                     .what = &what,
                                     .nat = settings_flag(run->settings, OPTION_NAT),
                                     .comment = comment};
        done = add_routes(&job, run->words[1], &run->status, run->error);
    }
    routes_clear(&job.routes);
    networks_clear(&job.present);
    networks_clear(&job.fresh);
    networks_clear(&job.cuts);
    networks_clear(&job.wanted);
    session_free(session);
    return done;
}

static const char aws_example[] =
    "pritunl-access routes add office --aws-region eu-west-1 --file ip-ranges.json --dry-run";

const struct command cmd_routes = {
    .name = "routes",
    .group = GROUP_RAW,
    .settings = (const enum option_id[]){OPTION_MONGODB_URI_FILE, OPTION_ADMINISTRATOR, OPTION_URL,
                                         OPTION_SOURCE, OPTION_COUNT},
    .arguments = "add SERVER",
    .summary = "add networks to a server, from a file or AWS's published ranges",
    .description =
        "SERVER is an id or a name; it must be offline. One network a line, # begins a "
        "comment; what has bits behind its prefix is added without them, with a word (but "
        "10.0.0.0/0 only after a question). With --aws-region the file is AWS's "
        "ip-ranges.json, fetched unless --file names it, trusted by the system's authorities "
        "alone. Routes that are there already stay as they are.",
    .examples =
        (const char *const[]){"One network a line:",
                              "pritunl-access routes add office --file networks.txt --nat --yes",
                              "What would all of AWS in a region add?", aws_example, NULL},
    .max_words = 2,
    .options = (const enum option_id[]){OPTION_YES, OPTION_DRY_RUN, OPTION_FILE, OPTION_NAT,
                                        OPTION_COMMENT, OPTION_AWS_REGION, OPTION_COUNT},
    .run = run_routes,
};
