/* SPDX-License-Identifier: MIT */
#include "cmd/doctor_pair.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "place/source.h"
#include "pritunl/judgement.h"
#include "pritunl/pick.h"

/* Of the sources the last one: what it lacks is what is lacking. */
static const char *last_source(const struct session_options *options)
{
    return options->source_count > 0 ? options->sources[options->source_count - 1] : "mongodb";
}

bool pair_read(struct evidence *evidence, const struct session_options *options, bool *mine,
               struct error *error)
{
    const struct access *found = NULL;
    bool done = false;

    *mine = false;
    for (size_t i = 0; i < options->source_count; i++)
        *mine = *mine || !source_is_database(options->sources[i]);
    if (!*mine)
        return true;
    evidence->place = session_new(options);
    if (!session_begin(evidence->place, error))
        return false;
    done = session_read(evidence->place, error);
    *mine = session_admin(evidence->place) == NULL &&
            (done || !source_is_database(last_source(options)));
    if (!*mine || (!done && (error->kind != ERROR_UNUSABLE || error->cause == CAUSE_NONE)))
        return !*mine;
    found = session_access(evidence->place);
    evidence->judges_pair = true;
    evidence->pair = found;
    if (done)
        evidence->source = mem_text(found->url_from);
    else
        evidence->lack = *error;
    return true;
}

void pair_match(struct evidence *evidence)
{
    const struct snapshot *snapshot = evidence->snapshot;
    const struct access *pair = evidence->pair;

    for (size_t i = 0; pair != NULL && i < snapshot_count(snapshot); i++) {
        const struct admin *admin = snapshot_admin(snapshot, i);

        if (!text_equal(admin->token, pair->token))
            continue;
        evidence->admin = admin;
        evidence->same = text_equal(admin->secret, pair->secret);
        break; /* the server asks the first one, too */
    }
    if (evidence->same)
        session_choose(evidence->session, evidence->admin);
}

void pair_reach(struct evidence *evidence)
{
    struct session *session = evidence->place;

    evidence->reached = session_reach(session, &evidence->api);
    if (!evidence->reached && evidence->same) {
        session = evidence->session;
        evidence->reached = session_reach(session, &evidence->api);
    }
    evidence->contact = session_contact(session);
    evidence->url_from = session_url_from(session);
}

void pair_verify(struct evidence *evidence)
{
    const struct session *session = evidence->session;
    const struct verify_case what = {.access = evidence->pair,
                                     .admin = evidence->same ? evidence->admin : NULL,
                                     .server = evidence->read ? session_server(session) : NULL,
                                     .db = evidence->read ? evidence->db : NULL,
                                     .server_time = session_options(session)->server_time};

    verify_run(evidence->contact, session_certificate(session), &what, &evidence->verified);
}

/* What the documents have against the pair; of two faults the one that the server meets first. */
static enum cause documents_fault(const struct evidence *evidence)
{
    struct judgement found = {.usable = true};

    if (evidence->lack.cause != CAUSE_NONE)
        return evidence->lack.cause;
    if (!evidence->read)
        return CAUSE_NONE;
    if (evidence->admin == NULL)
        return CAUSE_TOKEN_UNKNOWN;
    found = judgement_of(evidence->snapshot, evidence->admin);
    if (!evidence->same &&
        (found.usable || cause_stage(found.reason) > cause_stage(CAUSE_SECRET_MISMATCH)))
        return CAUSE_SECRET_MISMATCH;
    return found.usable ? CAUSE_NONE : found.reason;
}

/* Does the server meet what it was seen to refuse before it comes to the documents' fault? */
static bool is_met_before(enum cause seen, enum cause fault)
{
    return (seen == CAUSE_WEB_STRICT || seen == CAUSE_CLOCK_SKEW) &&
           cause_stage(seen) < cause_stage(fault);
}

void pair_conclude(struct evidence *evidence)
{
    const struct verify_result *verified = &evidence->verified;
    enum cause fault = documents_fault(evidence);

    evidence->fault = fault;
    evidence->cause = fault;
    if (evidence->asked && (verified->verdict != VERDICT_REFUSED || fault == CAUSE_NONE ||
                            is_met_before(verified->cause, fault)))
        evidence->cause = verified->cause;
}

/* The format that a file of this name was written in, as export's option; "" for its default. */
static const char *format_option(const char *path)
{
    static const char *const formats[][2] = {{".tfvars.json", " -f tfvars-json"},
                                             {".json", " -f json"},
                                             {".yaml", " -f yaml"},
                                             {".yml", " -f yaml"},
                                             {".sh", " -f sh"},
                                             {".tfvars", " -f tfvars"},
                                             {".fish", " -f fish"}};

    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (text_ends(path, formats[i][0]))
            return formats[i][1];
    return "";
}

/* Whom the pair is to be of: whose token it carries, who was named, or the only one there is. */
static const char *owner_name(const struct evidence *evidence)
{
    const char *named = session_options(evidence->session)->name;
    const struct admin *only = NULL;
    struct error ignored;

    if (evidence->admin != NULL)
        return evidence->admin->username;
    if (named == NULL && evidence->pair != NULL)
        named = evidence->pair->administrator;
    if (named == NULL && evidence->read)
        only = pick_admin(evidence->snapshot, evidence->db, NULL, &ignored);
    return only != NULL ? only->username : named;
}

/* Nothing but a fresh copy mends an old one; a new pair would break every other consumer. */
static void copy_again(const struct evidence *evidence, char *text, size_t size)
{
    const char *where = last_source(session_options(evidence->place));
    const char *path = text_starts(where, "file:") ? where + strlen("file:") : NULL;
    char *export = NULL;
    char command[512];

    if (path != NULL && !text_equal(path, "-")) {
        char *quoted = text_shell(path);

        export = text_format("pritunl-access export --source mongodb%s -o %s%s%%s",
                             format_option(path), *path == '-' ? "./" : "", quoted);
        mem_free(quoted);
    } else if (text_starts(where, "aws:")) {
        char *quoted = cause_argument(where + strlen("aws:"));

        export = text_format("pritunl-access export --source mongodb -f aws -o%s%%s", quoted);
        mem_free(quoted);
    } else if (text_starts(where, "env")) {
        export = mem_text("eval \"$(pritunl-access export --source mongodb -f sh%s)\"");
    } else {
        export = mem_text("pritunl-access export --source mongodb%s");
    }
    cause_write_command(export, owner_name(evidence), command, sizeof command);
    snprintf(text, size, "%s%s%s", command,
             text_starts(where, "command:") ? ", to where the program has it from" : "",
             evidence->read ? "" : ", where the database is: this copy may be old");
    mem_free(export);
}

static bool is_of_copy(enum cause cause)
{
    return cause == CAUSE_TOKEN_UNKNOWN || cause == CAUSE_SECRET_MISMATCH;
}

void pair_remedy(const struct evidence *evidence, char *text, size_t size)
{
    const struct verify_result *verified = &evidence->verified;
    enum cause cause = evidence->cause;
    bool seen = evidence->asked && cause == verified->cause;

    if (cause == CAUSE_NONE)
        snprintf(text, size, "%s", evidence->asked ? "" : evidence->api.attempt);
    else if (evidence->pair == NULL ||
             (!evidence->same && (is_of_copy(cause) || (seen && is_of_copy(verified->also)))))
        copy_again(evidence, text, size);
    else if (seen)
        verify_remedy(verified, owner_name(evidence), text, size);
    else
        cause_write_remedy(cause, owner_name(evidence), text, size);
}
