/* SPDX-License-Identifier: MIT */
#include "cmd/ask.h"

#include "api/call_error.h"
#include "base/mem.h"
#include "base/text.h"
#include "place/source.h"

static bool judge_contact(struct ask *ask, struct error *error)
{
    struct contact *contact = ask->flow.contact;
    struct verify_result result = {.verdict = VERDICT_UNKNOWN};

    result.cause = contact_judge(contact, flow_certificate(&ask->flow));
    if (result.cause == CAUSE_NONE && ask->what.server_time && !contact_has_clock(contact))
        result.cause = contact_ping(contact);
    if (result.cause == CAUSE_NONE)
        return true;
    error_set(error, ERROR_API, "cannot ask %s: %s%s%s%s", contact_url(contact),
              cause_text(result.cause), *contact_detail(contact) != '\0' ? " (" : "",
              contact_detail(contact), *contact_detail(contact) != '\0' ? ")" : "");
    error_blame(error, result.cause);
    cause_write_remedy(result.cause, ask->flow.access->administrator, error->attempt,
                       sizeof error->attempt);
    return false;
}

bool ask_begin(struct ask *ask, const struct settings *settings, struct error *error)
{
    struct flow *flow = &ask->flow;

    *ask = (struct ask){0};
    flow_init(flow, settings, NULL);
    if (!flow_begin(flow, error) || !flow_read(flow, error) || !flow_usable(flow, error) ||
        !flow_reach(flow, error))
        return false;
    ask->what =
        (struct verify_case){.access = flow->access,
                             .admin = flow->admin,
                             .server = flow->db != NULL ? snapshot_server(flow->snapshot) : NULL,
                             .db = flow->db,
                             .server_time = settings_flag(settings, OPTION_SERVER_TIME)};
    return judge_contact(ask, error);
}

void ask_end(struct ask *ask)
{
    flow_clear(&ask->flow);
}

bool ask_input_free(const struct settings *settings, const char *what, struct error *error)
{
    const struct setting *sources = &settings->values[OPTION_SOURCE];
    const char *uri_file = settings_text(settings, OPTION_MONGODB_URI_FILE);
    bool database = sources->count == 0;
    const char *user = NULL;

    for (size_t i = 0; i < sources->count; i++) {
        database = database || source_is_database(sources->list[i]);
        if (text_equal(sources->list[i], "file:-"))
            user = "the credential";
    }
    if (user == NULL && database && uri_file != NULL && text_equal(uri_file, "-"))
        user = "the database's URI";
    return user == NULL ||
           error_set(error, ERROR_USAGE, "%s: standard input is for %s already", what, user);
}

bool ask_error(struct ask *ask, const struct call *call, enum cause cause,
               const struct http_answer *answer, struct error *error)
{
    return call_error(ask->flow.contact, &ask->what, call, cause, answer, error);
}

bool ask_json(struct ask *ask, const struct call *call, size_t max, struct json **value,
              struct error *error)
{
    struct http_answer answer = HTTP_ANSWER_EMPTY(max);
    enum cause cause = call_send(ask->flow.contact, ask->flow.access, call, &answer);
    struct error why;

    *value = NULL;
    if (cause == CAUSE_NONE && answer.status / 100 == 2) {
        *value = json_parse(buf_text(&answer.body), answer.body.length, call->path->decoded, &why);
        if (*value == NULL) {
            error_set(error, ERROR_API, "%s %s: the answer is no JSON (%s)", call->method,
                      call->path->decoded, why.text);
            error_blame(error, CAUSE_PROXY_ANSWER);
        }
    } else {
        ask_error(ask, call, cause, &answer, error);
    }
    http_answer_free(&answer);
    return *value != NULL;
}
