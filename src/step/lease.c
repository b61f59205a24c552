/* SPDX-License-Identifier: MIT */
#include "step/lease.h"

#include <string.h>
#include <unistd.h>

#include "base/ending.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/signals.h"
#include "base/term.h"
#include "base/text.h"
#include "base/user.h"
#include "io/crypto.h"
#include "pritunl/announce.h"
#include "pritunl/mark.h"
#include "pritunl/revoke.h"
#include "step/answer.h"

#define PAIR_LENGTH 32 /* of Pritunl's own tokens and secrets */
#define HOST_SIZE 256

bool lease_read(struct session *session, struct error *error)
{
    const struct snapshot_query everybody = {.wants_server = true};

    return session_open(session, error) && session_survey(session, &everybody, error);
}

/* Who asks, for people: user@host. */
static char *make_issuer(void)
{
    char host[HOST_SIZE] = "";
    char *name = user_name(getuid());
    char *issuer = NULL;
    char *printable = NULL;

    if (gethostname(host, sizeof host - 1) != 0)
        host[0] = '\0';
    issuer = name != NULL ? text_format("%s@%s", name, host)
                          : text_format("%lu@%s", (unsigned long)getuid(), host);
    printable = text_printable(issuer, strlen(issuer));
    mem_free(issuer);
    mem_free(name);
    return printable;
}

static bool label_in_use(const char *as, struct error *error)
{
    error_set(error, ERROR_USAGE, "the label is in use, as %s: nothing was changed", as);
    return error_try(error, "another label; pritunl-access list --issued");
}

/* revoke takes a label, a username or a token: none of them may stand for two. */
static bool is_free_label(const struct snapshot *snapshot, const char *label, struct error *error)
{
    char *username = mark_username(label);
    const char *as = NULL;

    for (size_t i = 0; i < snapshot_count(snapshot) && as == NULL; i++) {
        const struct admin *admin = snapshot_admin(snapshot, i);
        struct mark mark = {0};

        mark_read(admin->document, &mark);
        as = text_equal(mark.label, label) ? "a label"
             : text_equal(admin->username, label) || text_equal(admin->username, username)
                 ? "a username"
             : text_equal(admin->token, label) ? "a token"
                                               : NULL;
        mark_clear(&mark);
    }
    mem_free(username);
    return as == NULL || label_in_use(as, error);
}

bool lease_plan(struct lease *lease, const struct session *session, struct error *error)
{
    char token[PAIR_LENGTH + 1];
    char secret[PAIR_LENGTH + 1];
    char *issuer = NULL;
    struct db_document *document = NULL;
    struct mark_plan plan = {
        .label = lease->options.label,
        .token = token,
        .secret = secret,
        .replaces = lease->options.replaces != NULL ? lease->options.replaces->id : NULL,
        .now_ms = clock_wall_ms(),
        .lifetime_ms = lease->options.lifetime_ms,
        .super_user = lease->options.super_user};

    if (!mark_label(lease->options.label, error) ||
        !is_free_label(session_snapshot(session), lease->options.label, error))
        return false;
    do
        crypto_random_text(token, PAIR_LENGTH);
    while (snapshot_has_token(session_snapshot(session), token));
    crypto_random_text(secret, PAIR_LENGTH);
    issuer = make_issuer();
    plan.issuer = issuer;
    document = mark_document(&plan);
    mem_wipe(token, sizeof token);
    mem_wipe(secret, sizeof secret);
    mem_free(issuer);
    if (document == NULL)
        return error_set(error, ERROR_OUTPUT, "this OpenSSL has no SHA-512");
    lease->admin = admin_read(document);
    clock_text(plan.now_ms + plan.lifetime_ms, lease->expires);
    db_document_free(document);
    return true;
}

static void announce_own(const struct lease *lease, const struct session *session, bool made)
{
    announce_leased(session_db(session), session_server(session), lease->admin,
                    lease->options.label, made);
}

bool lease_make(struct lease *lease, struct session *session, struct error *error)
{
    bool confirmed = true;

    signals_hold(&lease->before);
    lease->held = true;
    if (!mark_insert(session_db(session), lease->admin->document, &confirmed, error)) {
        answer_before_signal(error); /* it may have been made */
        lease_release(lease);
        return false;
    }
    lease->stands = true;
    ending_note(ENDING_STANDS, "%s was made, and stands until %s: pritunl-access revoke %s",
                lease->admin->username, lease->expires, lease->admin->username);
    ending_note(ENDING_WRITE, NULL);
    if (!confirmed)
        term_warn("written, but a majority of the replica set has not confirmed it yet");
    announce_own(lease, session, true);
    session_choose(session, lease->admin);
    return true;
}

/* What a temporary administrator is waited for with: settings and hosts may change meanwhile. */
struct lease_wait {
    const struct lease *lease;
    struct session *beside;
};

static bool look_beside(void *context, struct error *error)
{
    const struct lease_wait *wait = context;
    const struct snapshot_query query = {
        .username = wait->lease->admin->username, .wants_server = true, .silent = true};
    bool read = session_survey(wait->beside, &query, error);

    session_choose(wait->beside, wait->lease->admin);
    return read;
}

static bool wait_everywhere(const struct lease *lease, struct session *session, struct error *error)
{
    int64_t now_ms = clock_monotonic_ms();
    struct lease_wait context = {lease, NULL};
    struct session_wait wait = {.changed_ms = now_ms,
                                .deadline_ms = now_ms + lease->options.wait_ms,
                                .look = look_beside,
                                .context = &context};
    bool done = session_reach(session, error);

    if (!done)
        return false;
    context.beside = session_beside(session);
    done = session_await(context.beside, &wait, error);
    session_free(context.beside);
    return done;
}

bool lease_verify(struct lease *lease, struct session *session, struct error *error)
{
    bool accepted = lease->options.wait_ms > 0 ? wait_everywhere(lease, session, error)
                                               : session_accepted(session, error);

    if (accepted && !signals_ending())
        return true;
    if (accepted)
        error_set(error, ERROR_WAIT, "a signal came: the administrator is removed again");
    lease_back(lease, session);
    lease_release(lease);
    return false;
}

void lease_forget_pair(struct lease *lease, struct session *session)
{
    struct admin *whole = lease->admin;
    struct db_document *rest = mark_without_pair(whole->document);

    session_forget(session);
    db_disconnect(session_db(session)); /* OpenSSL keeps what it read last as long as it stands */
    lease->admin = admin_read(rest);
    admin_free(whole);
    db_document_free(rest);
}

bool lease_remove(struct lease *lease, const struct session *session, struct error *error)
{
    if (!lease->stands)
        return true;
    if (!revoke_admin(session_db(session), lease->admin, lease->options.pins_pair, error))
        return false;
    lease->stands = false;
    ending_note(ENDING_STANDS, NULL);
    ending_note(ENDING_WRITE, NULL);
    announce_own(lease, session, false);
    return true;
}

void lease_back(struct lease *lease, const struct session *session)
{
    struct error error = {0};

    if (lease_remove(lease, session, &error))
        return;
    term_warn("%s still stands, until %s: %s; try: %spritunl-access revoke %s",
              lease->admin->username, lease->expires, error.text, process_sudo(),
              lease->admin->username);
    if (!term_style()->quiet)
        ending_note(ENDING_STANDS, NULL);
}

void lease_release(struct lease *lease)
{
    if (lease->held)
        signals_release(&lease->before);
    lease->held = false;
}

void lease_clear(struct lease *lease)
{
    lease_release(lease);
    admin_free(lease->admin);
    lease->admin = NULL;
}

void lease_put(const struct lease *lease, struct json *json)
{
    json_put_text(json, "label", lease->options.label);
    json_put_text(json, "username", lease->admin->username);
    json_put_text(json, "expires", lease->expires);
}
