/* SPDX-License-Identifier: MIT */
#include "step/session_internal.h"

#include "api/await.h"
#include "api/endpoints.h"
#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "place/source.h"
#include "pritunl/judgement.h"
#include "pritunl/pick.h"
#include "pritunl/version.h"

/* What trying one source comes to: only one that has no pair leaves it to the next. */
enum source_step { SOURCE_FOUND, SOURCE_NONE, SOURCE_FAILED };

struct session *session_new(const struct session_options *options)
{
    struct session *session = mem_zero(1, sizeof *session);

    session->options = *options;
    session->silent = options->silent;
    return session;
}

struct session *session_beside(const struct session *session)
{
    struct session *beside = session_new(&session->options);

    beside->is_beside = true;
    beside->db = session->db;
    beside->on_host = session->on_host;
    beside->snapshot = session->snapshot;
    return beside;
}

static void drop_snapshot(struct session *session)
{
    session->admin = NULL;
    session->snapshot = NULL;
    snapshot_free(session->own);
    session->own = NULL;
}

/* A database that had no pair is not asked for the URL of another source's. */
static void leave_database(struct session *session)
{
    drop_snapshot(session);
    if (!session->is_beside)
        db_free(session->db);
    session->db = NULL;
    session->on_host = false;
}

void session_free(struct session *session)
{
    if (session == NULL)
        return;
    contact_abandon(session->contact);
    mem_free(session->url_from);
    access_free(session->access);
    leave_database(session);
    mem_free(session);
}

bool session_is_database_alone(const struct session_options *options)
{
    for (size_t i = 0; i < options->source_count; i++)
        if (!source_is_database(options->sources[i]))
            return false;
    return true;
}

bool session_open(struct session *session, struct error *error)
{
    if (session->options.writes && !session_only_database(session, "a command that writes", error))
        return false;
    if (!database_open(&session->options.database, &session->db, &session->on_host, error))
        return false;
    if (session->options.writes)
        db_use_primary(session->db);
    return true;
}

bool session_survey(struct session *session, const struct snapshot_query *query,
                    struct error *error)
{
    struct snapshot *read = snapshot_read(session->db, query, error);

    if (read == NULL)
        return false;
    drop_snapshot(session);
    session->own = read;
    session->snapshot = session->own;
    return true;
}

bool session_survey_all(struct session *session, const char *what,
                        const struct snapshot_query *query, struct error *error)
{
    return session_only_database(session, what, error) && session_open(session, error) &&
           session_survey(session, query, error);
}

void session_forget(struct session *session)
{
    session_choose(session, NULL);
    snapshot_forget(session->own);
}

void session_choose(struct session *session, const struct admin *admin)
{
    session->admin = admin;
    access_free(session->access);
    session->access = NULL;
    if (admin != NULL && admin_can_sign(admin))
        session->access = access_new(admin->username, admin->token, admin->secret);
}

/* Settings and hosts matter where they are to tell the URL, or what to trust there. */
static bool wants_server(const struct contact_options *options)
{
    return options->url == NULL ||
           (options->ca_cert == NULL && options->pin == NULL && !options->insecure);
}

static bool read_database(struct session *session, struct error *error)
{
    const struct session_options *options = &session->options;
    const struct snapshot_query query = {.username = options->whole ? NULL : options->name,
                                         .wants_server =
                                             options->writes || wants_server(&options->contact),
                                         .silent = session->silent};
    const struct admin *admin = NULL;

    if (!session_open(session, error))
        return false;
    if (!session_survey(session, &query, error))
        return false;
    session->silent = snapshot_expired(session->snapshot) > 0;
    admin = pick_admin(session->snapshot, session->db, options->name, error);
    if (admin == NULL)
        return false;
    session_choose(session, admin);
    return true;
}

static bool read_elsewhere(struct session *session, const char *where, struct error *error)
{
    const struct session_options *options = &session->options;
    const struct source_config config = {.where = where,
                                         .names = options->names,
                                         .administrator = options->name,
                                         .url_given = session_given_url(session) != NULL,
                                         .connect_timeout_ms = options->contact.connect_timeout_ms,
                                         .timeout_ms = options->contact.timeout_ms};

    if (!source_read(&config, &session->access, error))
        return false;
    if (options->name != NULL && session->access->administrator != NULL &&
        !text_equal(options->name, session->access->administrator)) {
        char *shown = source_shown(where);

        access_free(session->access);
        session->access = NULL;
        error_set(error, ERROR_NOT_FOUND, "%s holds the pair of another administrator", shown);
        mem_free(shown);
        return false;
    }
    term_verbose("credential from %s", session->access->url_from);
    return true;
}

static enum source_step try_source(struct session *session, const char *where, struct error *error)
{
    bool done = source_is_database(where) ? read_database(session, error)
                                          : read_elsewhere(session, where, error);

    if (done)
        return session->access != NULL ? SOURCE_FOUND : SOURCE_NONE;
    return error->kind == ERROR_NOT_FOUND ? SOURCE_NONE : SOURCE_FAILED;
}

/* Of the last source even a pair that cannot sign is an answer, to be judged. */
static bool end_of_sources(const struct session *session, const char *where, struct error *error)
{
    if (session->admin != NULL)
        return true;
    if (!source_is_database(where))
        error->kind = ERROR_UNUSABLE;
    return false;
}

bool session_read(struct session *session, struct error *error)
{
    const struct session_options *options = &session->options;

    for (size_t i = 0; i < options->source_count; i++)
        if (!source_check(options->sources[i], error))
            return false;
    if (options->writes && !session_only_database(session, "a command that writes", error))
        return false;
    if (options->source_count == 0)
        return read_database(session, error);
    for (size_t i = 0; i < options->source_count; i++) {
        const char *where = options->sources[i];
        enum source_step step = try_source(session, where, error);

        if (step != SOURCE_NONE)
            return step == SOURCE_FOUND;
        if (i + 1 == options->source_count)
            return end_of_sources(session, where, error);
        term_verbose("%s: no pair there", source_is_database(where) ? where : error->text);
        leave_database(session);
    }
    return false;
}

bool session_only_database(const struct session *session, const char *what, struct error *error)
{
    struct buf names = BUF_EMPTY(BUF_MAX);

    if (session_is_database_alone(&session->options))
        return true;
    for (size_t i = 0; i < session->options.source_count; i++) {
        char *name = source_shown(session->options.sources[i]);

        buf_add_format(&names, "%s%s", i > 0 ? "," : "", name);
        mem_free(name);
    }
    error_set(error, ERROR_USAGE, "%s needs the database, and the source is %s", what,
              buf_text(&names));
    buf_free(&names);
    return error_try(error, "--source mongodb");
}

bool session_input_free(const struct session_options *options, const char *what,
                        struct error *error)
{
    bool database = options->source_count == 0;
    const char *user = NULL;

    for (size_t i = 0; i < options->source_count; i++) {
        database = database || source_is_database(options->sources[i]);
        if (text_equal(options->sources[i], "file:-"))
            user = "the credential";
    }
    if (user == NULL && database && text_equal(options->database.uri_file, "-"))
        user = "the database's URI";
    if (user != NULL)
        error_set(error, ERROR_USAGE, "%s: standard input is for %s already", what, user);
    return user == NULL;
}

static void warn_shared(const struct session *session)
{
    bool comes_first = false;
    const struct admin *other =
        snapshot_shares_token(session->snapshot, session->admin, &comes_first);

    if (other != NULL)
        term_warn("%s carries the same token: of the two only the first one is ever asked",
                  admin_name(other));
}

void session_verify(struct session *session, struct verify_result *result)
{
    const struct verify_case what = session_case(session);

    verify_run(session->contact, session_certificate(session), &what, result);
    if (result->verdict != VERDICT_ACCEPTED)
        return;
    if (contact_by_common_name(session->contact))
        term_warn("the certificate of %s names its host in its common name alone, where other "
                  "clients (Go's, Terraform's) do not look",
                  contact_url(session->contact));
    if (session->admin != NULL && session->admin->flag_fault == CAUSE_FLAG_NOT_BOOLEAN &&
        version_since(session_server(session), VERSION_STRICT) != KNOWN_NO)
        term_warn("%s: accepted only while another administrator keeps the web front open",
                  cause_text(CAUSE_FLAG_NOT_BOOLEAN));
    if (result->verdict == VERDICT_ACCEPTED && session->admin != NULL)
        warn_shared(session);
}

bool session_accepted(struct session *session, struct error *error)
{
    struct verify_result result;

    if (!session_reach(session, error))
        return false;
    session_verify(session, &result);
    return result.verdict == VERDICT_ACCEPTED ||
           verify_error(&result, session_name(session), contact_url(session->contact), error);
}

struct vigil_context {
    struct session *session;
    const struct session_wait *wait;
};

static bool look_at_session(void *context, struct await_view *view, struct error *error)
{
    const struct vigil_context *vigil = context;
    const struct session *session = vigil->session;

    bool looked = vigil->wait->look == NULL || vigil->wait->look(vigil->wait->context, error);

    *view = (struct await_view){.access = session->access,
                                .server = session_server(session),
                                .certificate = session_certificate(session)};
    return looked && session_usable(session, error);
}

bool session_await(struct session *session, const struct session_wait *wait, struct error *error)
{
    struct vigil_context vigil = {session, wait};
    struct await_case what = {.options = session->options.contact,
                              .on_host = session->on_host,
                              .server_time = session->options.server_time,
                              .changed_ms = wait->changed_ms,
                              .deadline_ms = wait->deadline_ms,
                              .nobody_before = wait->nobody_before,
                              .look = look_at_session,
                              .context = &vigil};
    const char *from = NULL;
    char *url = NULL;
    bool done = false;

    if (session->contact != NULL)
        url = mem_text(contact_url(session->contact));
    else if (!session_known_url(session, &url, &from, error))
        return false;
    what.options.url = url;
    done = await_accepted(&what, error) && session_reach(session, error);
    mem_free(url);
    return done;
}

bool session_usable(const struct session *session, struct error *error)
{
    struct judgement found = {.usable = true};

    if (session->admin != NULL)
        found = judgement_alone(session->admin);
    if (found.usable)
        return true;
    error_set(error, ERROR_UNUSABLE, "there is no usable credential of %s: %s%s%s%s",
              admin_name(session->admin), cause_text(found.reason),
              *found.detail != '\0' ? " (" : "", found.detail, *found.detail != '\0' ? ")" : "");
    error_blame(error, found.reason);
    cause_write_remedy(found.reason, session->admin->username, error->attempt,
                       sizeof error->attempt);
    return false;
}

static bool judge_contact(struct session *session, struct error *error)
{
    struct contact *contact = session->contact;
    enum cause cause = contact_judge(contact, session_certificate(session));

    if (cause == CAUSE_NONE && session->options.server_time && !contact_find_clock(contact))
        cause = contact_ping(contact);
    if (cause == CAUSE_NONE)
        return true;
    error_set(error, ERROR_API, "cannot ask %s: %s%s%s%s", contact_url(contact),
              contact_words(contact, cause), *contact_detail(contact) != '\0' ? " (" : "",
              contact_detail(contact), *contact_detail(contact) != '\0' ? ")" : "");
    error_blame(error, cause);
    if (*contact_remedy(contact) != '\0')
        return error_try(error, "%s", contact_remedy(contact));
    cause_write_remedy(cause, session_name(session), error->attempt, sizeof error->attempt);
    return false;
}

bool session_ask(struct session *session, struct error *error)
{
    return session_begin(session, error) && session_read(session, error) &&
           session_usable(session, error) && session_reach(session, error) &&
           judge_contact(session, error);
}

const struct session_options *session_options(const struct session *session)
{
    return &session->options;
}

const char *session_name(const struct session *session)
{
    if (session->admin != NULL)
        return session->admin->username;
    return session->access != NULL ? session->access->administrator : NULL;
}

struct db *session_db(const struct session *session)
{
    return session->db;
}

bool session_on_host(const struct session *session)
{
    return session->on_host;
}

const struct snapshot *session_snapshot(const struct session *session)
{
    return session->snapshot;
}

const struct server *session_server(const struct session *session)
{
    return snapshot_server(session->snapshot);
}

const char *session_certificate(const struct session *session)
{
    return session_server(session)->certificate;
}

const struct admin *session_admin(const struct session *session)
{
    return session->admin;
}

struct access *session_access(const struct session *session)
{
    return session->access;
}

struct contact *session_contact(const struct session *session)
{
    return session->contact;
}

const char *session_url_from(const struct session *session)
{
    return session->url_from;
}

struct verify_case session_case(const struct session *session)
{
    return (struct verify_case){.access = session->access,
                                .admin = session->admin,
                                .server = session->db != NULL ? session_server(session) : NULL,
                                .db = session->db,
                                .server_time = session->options.server_time,
                                .host = session->host};
}
