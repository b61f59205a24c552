/* SPDX-License-Identifier: MIT */
/*
 * ask.h - what api, routes and dump have in common: a usable credential, and a contact that may be
 * asked.
 */
#ifndef CMD_ASK_H
#define CMD_ASK_H

#include "api/call.h"
#include "cmd/flow.h"
#include "io/json.h"

struct ask {
    struct flow flow;
    struct verify_case what;
};

/*
 * ask_begin(ask, settings, error)
 *
 * Recover the pair, reach the API, decide its trust; nothing signed has been sent. The errors of
 * flow.h, ERROR_UNUSABLE, and ERROR_API where it cannot be reached or trusted. To end with
 * ask_end() either way.
 */
bool ask_begin(struct ask *ask, const struct settings *settings, struct error *error);
void ask_end(struct ask *ask);

/*
 * ask_input_free(settings, what, error): may what (an option) read standard input? ERROR_USAGE
 * where the pair, or the database's URI, is to come from there.
 */
bool ask_input_free(const struct settings *settings, const char *what, struct error *error);

/* ask_error(ask, call, cause, answer, error): call_error() of this contact. Returns false. */
bool ask_error(struct ask *ask, const struct call *call, enum cause cause,
               const struct http_answer *answer, struct error *error);

/*
 * ask_json(ask, call, max, value, error): a call's 2xx answer of at most max bytes as JSON, to end
 * with json_free().
 */
bool ask_json(struct ask *ask, const struct call *call, size_t max, struct json **value,
              struct error *error);

#endif
