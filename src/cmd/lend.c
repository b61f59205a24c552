/* SPDX-License-Identifier: MIT */
#include "cmd/lend.h"

#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "api/await.h"
#include "base/mem.h"
#include "base/signals.h"
#include "base/term.h"
#include "base/text.h"
#include "cmd/agree.h"
#include "cmd/answer.h"
#include "io/crypto.h"
#include "pritunl/announce.h"
#include "pritunl/issued.h"

#define PAIR_LENGTH 32 /* of Pritunl's own tokens and secrets */
#define HOST_SIZE 256
#define MS_PER_S 1000

bool lend_read(struct flow *flow, struct error *error)
{
    const struct snapshot_query everybody = {.wants_server = true};

    flow->writes = true;
    return flow_open(flow, error) && flow_survey(flow, &everybody, error);
}

/* Who asks, for people: user@host. */
static char *make_issuer(void)
{
    const struct passwd *user = getpwuid(getuid());
    char host[HOST_SIZE] = "";
    char *name = NULL;
    char *issuer = NULL;

    if (gethostname(host, sizeof host - 1) != 0)
        host[0] = '\0';
    name = user != NULL ? mem_text(user->pw_name) : text_format("%ld", (long)getuid());
    issuer = text_format("%s@%s", name, host);
    mem_free(name);
    name = text_printable(issuer, strlen(issuer));
    mem_free(issuer);
    return name;
}

static bool label_in_use(const char *as, struct error *error)
{
    error_set(error, ERROR_USAGE, "the label is in use, as %s: nothing was changed", as);
    return error_try(error, "another label; pritunl-access list --issued");
}

/* revoke takes a label, a username or a token: none of them may stand for two. */
static bool is_free_label(const struct snapshot *snapshot, const char *label, struct error *error)
{
    char *username = issued_username(label);
    const char *as = NULL;

    for (size_t i = 0; i < snapshot_count(snapshot) && as == NULL; i++) {
        const struct admin *admin = snapshot_admin(snapshot, i);
        struct issued issued = {0};

        issued_read(admin->document, &issued);
        as = text_equal(issued.label, label) ? "a label"
             : text_equal(admin->username, label) || text_equal(admin->username, username)
                 ? "a username"
             : text_equal(admin->token, label) ? "a token"
                                               : NULL;
        issued_clear(&issued);
    }
    mem_free(username);
    return as == NULL || label_in_use(as, error);
}

bool lend_plan(struct lend *lend, const struct flow *flow, struct error *error)
{
    char token[PAIR_LENGTH + 1];
    char secret[PAIR_LENGTH + 1];
    char *issuer = NULL;
    struct db_document *document = NULL;
    struct issued_plan plan = {.label = lend->label,
                               .token = token,
                               .secret = secret,
                               .replaces = lend->replaces != NULL ? lend->replaces->id : NULL,
                               .now_ms = clock_wall_ms(),
                               .lifetime_ms = lend->lifetime_ms,
                               .super_user = lend->super_user};

    if (!issued_label(lend->label, error) || !is_free_label(flow->snapshot, lend->label, error))
        return false;
    do
        crypto_random_text(token, PAIR_LENGTH);
    while (snapshot_has_token(flow->snapshot, token));
    crypto_random_text(secret, PAIR_LENGTH);
    issuer = make_issuer();
    plan.issuer = issuer;
    document = issued_document(&plan);
    mem_wipe(token, sizeof token);
    mem_wipe(secret, sizeof secret);
    mem_free(issuer);
    if (document == NULL)
        return error_set(error, ERROR_OUTPUT, "this OpenSSL has no SHA-512");
    lend->admin = admin_read(document);
    clock_text(plan.now_ms + plan.lifetime_ms, lend->expires);
    db_document_free(document);
    return true;
}

void lend_announce(const struct flow *flow, struct db_value id, const char *type, const char *label)
{
    bool made = text_equal(type, "admin_created");
    char *message = text_format("Temporary administrator %s by pritunl-access: %s",
                                made ? "issued" : "revoked", label);

    announce(flow->db, snapshot_server(flow->snapshot), id, type, message);
    mem_free(message);
}

bool lend_make(struct lend *lend, struct flow *flow, struct error *error)
{
    bool confirmed = true;

    signals_hold(&lend->before);
    lend->held = true;
    if (!issued_insert(flow->db, lend->admin->document, &confirmed, error)) {
        lend_release(lend);
        return false;
    }
    lend->stands = true;
    if (!confirmed)
        term_warn("written, but a majority of the replica set has not confirmed it yet");
    lend_announce(flow, db_field(lend->admin->document, "_id"), "admin_created", lend->label);
    flow->admin = lend->admin;
    flow_pair(flow);
    return true;
}

static bool wait_everywhere(struct flow *flow, long wait_s, struct error *error)
{
    struct await_case what = {.certificate = flow_certificate(flow),
                              .server = snapshot_server(flow->snapshot),
                              .server_time = settings_flag(flow->settings, OPTION_SERVER_TIME),
                              .changed_ms = clock_monotonic_ms()};

    what.deadline_ms = what.changed_ms + wait_s * MS_PER_S;
    if (!flow_reach(flow, error))
        return false;
    what.access = flow->access;
    what.options = flow_contact_options(flow->settings, contact_url(flow->contact));
    return await_accepted(&what, error);
}

bool lend_verify(struct lend *lend, struct hand *hand, long wait_s, struct error *error)
{
    const struct settings *settings = hand->flow.settings;
    bool accepted = false;

    if (settings_given(settings, OPTION_WAIT))
        wait_s = settings_number(settings, OPTION_WAIT);
    accepted = wait_s > 0 ? wait_everywhere(&hand->flow, wait_s, error) : hand_verify(hand, error);
    hand->verified = accepted;
    if (accepted && signals_ending())
        accepted =
            error_set(error, ERROR_WAIT, "a signal came: the administrator is removed again");
    if (accepted && hand_name(hand, lend->tfvars, error))
        return true;
    lend_back(lend, &hand->flow);
    lend_release(lend);
    return false;
}

static bool answer_plan(const struct lend *lend, const struct settings *settings,
                        struct error *error)
{
    struct json *json = NULL;

    if (!settings_flag(settings, OPTION_JSON)) {
        term_note("%s would be made (dry run)", lend->admin->username);
        return true;
    }
    json = json_make_object();
    json_put_text(json, "administrator", lend->admin->username);
    lend_put(lend, json);
    json_put_bool(json, "dry_run", true);
    return answer_json(json, error);
}

bool lend_offer(struct lend *lend, struct export *export, const char *plan, long wait_s,
                int *status, struct error *error)
{
    const struct settings *settings = export->settings;

    if (!agree(settings, plan, "Make it?", error))
        return false;
    if (settings_flag(settings, OPTION_DRY_RUN))
        return answer_plan(lend, settings, error);
    if (!lend_make(lend, &export->hand.flow, error) ||
        !lend_verify(lend, &export->hand, wait_s, error))
        return false;
    export->lend = lend;
    if (export_finish(export, status, error))
        return true;
    lend_back(lend, &export->hand.flow);
    return false;
}

bool lend_remove(struct lend *lend, const struct flow *flow, struct error *error)
{
    if (!lend->stands)
        return true;
    if (!issued_remove(flow->db, lend->admin->document, lend->pins_pair, error))
        return false;
    lend->stands = false;
    lend_announce(flow, db_field(lend->admin->document, "_id"), "admin_updated", lend->label);
    return true;
}

void lend_back(struct lend *lend, const struct flow *flow)
{
    struct error error = {0};

    if (!lend_remove(lend, flow, &error))
        term_warn("%s still stands, until %s: %s; try: pritunl-access revoke %s",
                  lend->admin->username, lend->expires, error.text, lend->admin->username);
}

void lend_release(struct lend *lend)
{
    if (lend->held)
        signals_release(&lend->before);
    lend->held = false;
}

void lend_clear(struct lend *lend)
{
    lend_release(lend);
    admin_free(lend->admin);
    lend->admin = NULL;
}

void lend_put(const struct lend *lend, struct json *json)
{
    json_put_text(json, "label", lend->label);
    json_put_text(json, "username", lend->admin->username);
    json_put_text(json, "expires", lend->expires);
}
