/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "cmd/options.h"
#include "io/tls_pem.h"
#include "place/output.h"
#include "pritunl/judgement.h"
#include "pritunl/license.h"
#include "step/answer.h"
#include "step/session.h"

#define MASK "********"

enum field {
    FIELD_ADMINISTRATOR,
    FIELD_ID,
    FIELD_AUTH_API,
    FIELD_USABLE,
    FIELD_REASON,
    FIELD_DISABLED,
    FIELD_SUPER_USER,
    FIELD_URL,
    FIELD_URL_FROM,
    FIELD_TOKEN,
    FIELD_SECRET,
    FIELD_COUNT
};

/* A value is text, or else (where truth is set) true or false. */
struct field_value {
    const char *name;
    const char *text;
    const bool *truth;
};

struct facts {
    char *url; /* NULL where it is not known */
    char *url_from;
    bool usable;
    struct field_value fields[FIELD_COUNT];
};

static void put_fact_text(struct facts *facts, enum field field, const char *name, const char *text)
{
    facts->fields[field] = (struct field_value){name, text, NULL};
}

/* truth is NULL where only a database could tell. */
static void put_fact_truth(struct facts *facts, enum field field, const char *name,
                           const bool *truth)
{
    facts->fields[field] = (struct field_value){name, NULL, truth};
}

static void gather_facts(const struct session *session, struct facts *facts)
{
    const struct admin *admin = session_admin(session);
    const struct access *access = session_access(session);
    struct judgement judgement = admin != NULL ? judgement_of(session_snapshot(session), admin)
                                               : (struct judgement){.usable = true};
    struct error unknown;

    *facts = (struct facts){.usable = judgement.usable};
    session_place(session, &facts->url, &facts->url_from, &unknown);
    put_fact_text(facts, FIELD_ADMINISTRATOR, "administrator", session_name(session));
    put_fact_text(facts, FIELD_ID, "id", admin != NULL ? admin->id : NULL);
    put_fact_truth(facts, FIELD_AUTH_API, "auth_api", admin != NULL ? &admin->auth_api : NULL);
    put_fact_truth(facts, FIELD_USABLE, "usable", &facts->usable);
    put_fact_text(facts, FIELD_REASON, "reason", cause_name(judgement.reason));
    put_fact_truth(facts, FIELD_DISABLED, "disabled", admin != NULL ? &admin->disabled : NULL);
    put_fact_truth(facts, FIELD_SUPER_USER, "super_user",
                   admin != NULL ? &admin->super_user : NULL);
    put_fact_text(facts, FIELD_URL, "url", facts->url);
    put_fact_text(facts, FIELD_URL_FROM, "url_from", facts->url_from);
    put_fact_text(facts, FIELD_TOKEN, "token", admin != NULL ? admin->token : access->token);
    put_fact_text(facts, FIELD_SECRET, "secret", admin != NULL ? admin->secret : access->secret);
}

static bool is_secret_field(int field)
{
    return field == FIELD_TOKEN || field == FIELD_SECRET;
}

static bool write_facts_json(const struct facts *facts, bool reveal, struct error *error)
{
    struct json *answer = json_make_object();

    for (int i = 0; i < FIELD_COUNT; i++) {
        const struct field_value *field = &facts->fields[i];

        if (field->truth != NULL)
            json_put_bool(answer, field->name, *field->truth);
        else
            json_put_text(answer, field->name, is_secret_field(i) && !reveal ? NULL : field->text);
    }
    return answer_json(answer, error);
}

static bool write_facts_text(const struct facts *facts, bool reveal, struct error *error)
{
    struct buf out = BUF_EMPTY(BUF_MAX);

    for (int i = 0; i < FIELD_COUNT; i++) {
        const struct field_value *field = &facts->fields[i];
        const char *text = field->truth != NULL ? (*field->truth ? "yes" : "no") : field->text;
        char *printable = NULL;

        if (text == NULL)
            continue;
        printable =
            is_secret_field(i) && !reveal ? mem_text(MASK) : text_printable(text, strlen(text));
        buf_add_format(&out, "%-14s %s\n", field->name, printable);
        mem_free(printable);
    }
    return answer_text(&out, error);
}

/* As it is, on a line of its own; emptied. */
static bool write_bare(struct buf *out, struct error *error)
{
    buf_add_text(out, "\n");
    if (output_fits_terminal(out, error))
        return answer_text(out, error);
    buf_free(out);
    return false;
}

/*
 * One bare value, exactly as it is; what is not there is an error, so that a script never goes on
 * with an empty one.
 */
static bool write_field(const struct facts *facts, const struct session *session, const char *name,
                        struct error *error)
{
    struct buf out = BUF_EMPTY(BUF_MAX);

    for (int i = 0; i < FIELD_COUNT; i++) {
        const struct field_value *field = &facts->fields[i];

        if (!text_equal(field->name, name))
            continue;
        if (field->truth != NULL) {
            buf_add_text(&out, *field->truth ? "true" : "false");
        } else if (field->text != NULL) {
            buf_add_text(&out, field->text);
        } else if (is_secret_field(i)) {
            if (session_usable(session, error))
                error_set(error, ERROR_UNUSABLE, "%s has no %s", admin_name(session_admin(session)),
                          name);
            return false;
        } else if (i == FIELD_URL || i == FIELD_URL_FROM) {
            char *url = NULL;
            char *from = NULL;

            return session_place(session, &url, &from, error);
        } else {
            return error_set(error, ERROR_USAGE, "%s: the source does not know it", name);
        }
    }
    return write_bare(&out, error);
}

/* What is the cluster's and no administrator's, so that nobody need be chosen. */
static bool is_cluster_field(const char *field)
{
    return text_equal(field, "certificate") || text_equal(field, "license");
}

static char *cluster_certificate(struct session *session, struct error *error)
{
    const struct snapshot_query query = {.wants_server = true};
    const char *pem = NULL;
    char *text = NULL;
    char *line = NULL;

    if (!session_survey(session, &query, error))
        return NULL;
    pem = session_certificate(session);
    text = tls_pem_certificates(pem != NULL ? pem : "", NULL);
    line = text_line(text);
    mem_free(text);
    if (*line != '\0')
        return line;
    mem_free(line);
    error_set(error, ERROR_UNUSABLE, "the database %s holds no certificate",
              db_name(session_db(session)));
    error_try(error, "pritunl-access doctor");
    return NULL;
}

static bool show_cluster_field(struct run *run, struct session *session, const char *field)
{
    struct buf out = BUF_EMPTY(BUF_MAX);
    char *text = NULL;

    if (run->word_count > 0) {
        error_set(run->error, ERROR_USAGE, "show: the %s is the cluster's, and no administrator's",
                  field);
        return error_try(run->error, "pritunl-access show --field %s", field);
    }
    if (!session_only_database(session, "--field certificate or license", run->error) ||
        !session_open(session, run->error))
        return false;
    text = text_equal(field, "license") ? license_read(session_db(session), run->error)
                                        : cluster_certificate(session, run->error);
    if (text == NULL)
        return false;
    buf_add_text(&out, text);
    mem_free(text);
    return write_bare(&out, run->error);
}

static bool show_administrator(struct run *run, struct session *session, const char *field)
{
    bool reveal = settings_flag(run->settings, OPTION_REVEAL);
    struct facts facts = {0};
    bool done = session_read(session, run->error);

    if (done) {
        gather_facts(session, &facts);
        done = field != NULL ? write_field(&facts, session, field, run->error)
               : settings_flag(run->settings, OPTION_JSON)
                   ? write_facts_json(&facts, reveal, run->error)
                   : write_facts_text(&facts, reveal, run->error);
    }
    mem_free(facts.url);
    mem_free(facts.url_from);
    return done;
}

static bool run_show(struct run *run)
{
    struct session_options options = options_session(run->settings, run_word(run, 0));
    const char *field = settings_text(run->settings, OPTION_FIELD);
    struct session *session = NULL;
    bool done = false;

    options.whole = true;
    session = session_new(&options);
    done = is_cluster_field(field) ? show_cluster_field(run, session, field)
                                   : show_administrator(run, session, field);
    session_free(session);
    return done;
}

const struct command cmd_show = {
    .name = "show",
    .group = GROUP_LOOK,
    .arguments = "[ADMIN]",
    .summary = "one administrator's credential and flags",
    .description =
        "Token and secret are masked unless --reveal or --field asks for them. Says where "
        "the URL comes from. The certificate, as PEM, and the licence key are the cluster's, and "
        "only --field reads them, from the database.",
    .examples = (const char *const[]){"The credential, masked:", "pritunl-access show",
                                      "One bare value:", "pritunl-access show --field url",
                                      "The certificate of the web server, for curl --cacert:",
                                      "pritunl-access show --field certificate", NULL},
    .max_words = 1,
    .options = (const enum option_id[]){OPTION_REVEAL, OPTION_FIELD, OPTION_COUNT},
    .run = run_show,
};
