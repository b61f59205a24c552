/* SPDX-License-Identifier: MIT */
/*
 * verify_many.h - the answers of `verify`, one or many.
 */
#ifndef CMD_VERIFY_MANY_H
#define CMD_VERIFY_MANY_H

#include "api/verify.h"
#include "base/error.h"
#include "cli/settings.h"
#include "cmd/flow.h"
#include "io/json.h"

struct verify_answer {
    char *administrator; /* or NULL */
    char *url;           /* or NULL */
    char *host;          /* with --every-host, or NULL */
    char *profile;       /* with --all-profiles, or NULL */
    /* error says why there is no verdict; result.cause names it where it is one of the causes */
    bool failed;
    struct error error;
    struct verify_result result;
};

void verify_answer_fill(struct verify_answer *answer, const struct flow *flow,
                        const struct verify_result *result);
void verify_answer_fail(struct verify_answer *answer, const struct error *error);
void verify_answer_clear(struct verify_answer *answer);

/* verify_answer_status(answer): the exit status that it would have alone. */
int verify_answer_status(const struct verify_answer *answer);

/* verify_answer_json(answer): as `verify --json` prints it; owned by the caller. */
struct json *verify_answer_json(const struct verify_answer *answer);

/*
 * verify_every_host(flow, answers, count, error)
 *
 * The flow's administrator on every online host, side by side. *answers is the caller's, to end
 * with verify_answers_free(). False with ERROR_API where no host is online.
 */
bool verify_every_host(const struct flow *flow, struct verify_answer **answers, size_t *count,
                       struct error *error);
void verify_answers_free(struct verify_answer *answers, size_t count);

/*
 * verify_many(settings, name, status, error)
 *
 * --all, --every-host and --all-profiles: as many as --jobs side by side; the answers in the order
 * of the database or the files. *status: 0 where all are accepted; 1 where one is refused; else
 * that of the first that is unknown.
 */
bool verify_many(const struct settings *settings, const char *name, int *status,
                 struct error *error);

#endif
