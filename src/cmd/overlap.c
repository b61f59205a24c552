/* SPDX-License-Identifier: MIT */
#include "cmd/overlap.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "cmd/alter.h"
#include "cmd/export.h"
#include "cmd/lend.h"
#include "cmd/revocation.h"
#include "pritunl/issued.h"

#define LIFETIME "30d" /* long enough for any consumer; said where it is used */

/* What means something with --overlap alone. */
static bool is_of_overlap(const struct settings *settings)
{
    static const enum option_id own[] = {OPTION_LIFETIME, OPTION_FORMAT,   OPTION_OUTPUT,
                                         OPTION_MODE,     OPTION_OWNER,    OPTION_GROUP,
                                         OPTION_NAME,     OPTION_NAMESPACE};

    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (settings_given(settings, own[i]))
            return true;
    return false;
}

bool overlap_wanted(const struct settings *settings)
{
    return settings_given(settings, OPTION_OVERLAP) || settings_given(settings, OPTION_FINISH) ||
           is_of_overlap(settings);
}

static bool offer_second(struct lend *lend, struct export *export, int *status, struct error *error)
{
    char *first = text_printable(admin_name(lend->replaces), strlen(admin_name(lend->replaces)));
    char *plan = text_format("  %s: a second administrator beside %s, until %s\n",
                             lend->admin->username, first, lend->expires);
    bool done = lend_offer(lend, export, plan, settings_number(export->settings, OPTION_WAIT),
                           status, error);

    char *label = text_shell(lend->label);

    if (done && lend->stands)
        term_note("the pair of %s works too, until: pritunl-access rotate --finish %s (before %s)",
                  admin_name(lend->replaces), label, lend->expires);
    mem_free(label);
    mem_free(plan);
    mem_free(first);
    return done;
}

/* The first administrator is found as everywhere else; who else is there is read behind it. */
static bool find_first(struct flow *flow, struct admin **first, struct error *error)
{
    const struct snapshot_query everybody = {.wants_server = true, .silent = true};

    flow->writes = true;
    if (!flow_read(flow, error) || !flow_usable(flow, error))
        return false;
    *first = admin_read(flow->admin->document);
    return flow_survey(flow, &everybody, error);
}

static bool overlap_begin(const struct settings *settings, const char *name, int *status,
                          struct error *error)
{
    const char *lifetime = settings_given(settings, OPTION_LIFETIME)
                               ? settings_text(settings, OPTION_LIFETIME)
                               : LIFETIME;
    struct lend lend = {.label = settings_text(settings, OPTION_OVERLAP)};
    struct export export;
    struct flow *flow = &export.hand.flow;
    struct admin *first = NULL;
    bool done = false;

    if (!issued_label(lend.label, error) || !issued_lifetime(lifetime, &lend.lifetime_ms, error) ||
        !export_prepare(&export, settings, error))
        return false;
    lend.tfvars = export.format->tfvars;
    flow_init(flow, settings, name);
    if (!flow_begin(flow, error) || !find_first(flow, &first, error))
        goto out;
    lend.replaces = first;
    lend.super_user = first->super_user;
    done = lend_plan(&lend, flow, error) && offer_second(&lend, &export, status, error);
out:
    lend_clear(&lend);
    export_clear(&export);
    admin_free(first);
    return done;
}

static const struct admin *find_second(const struct snapshot *snapshot, const char *label,
                                       struct issued *issued)
{
    for (size_t i = 0; i < snapshot_count(snapshot); i++) {
        if (!issued_read(snapshot_admin(snapshot, i)->document, issued))
            continue;
        if (text_equal(issued->label, label) && issued->replaces != NULL)
            return snapshot_admin(snapshot, i);
        issued_clear(issued);
    }
    return NULL;
}

static const struct admin *find_replaced(const struct snapshot *snapshot, const char *id)
{
    for (size_t i = 0; i < snapshot_count(snapshot); i++)
        if (text_equal(snapshot_admin(snapshot, i)->id, id))
            return snapshot_admin(snapshot, i);
    return NULL;
}

static bool find_both(struct flow *flow, const char *label, const struct admin **second,
                      struct error *error)
{
    struct issued issued = {0};

    *second = find_second(flow->snapshot, label, &issued);
    if (*second == NULL) {
        error_set(error, ERROR_NOT_FOUND, "no overlap of that label was begun");
        return error_try(error, "pritunl-access list --issued");
    }
    flow->admin = find_replaced(flow->snapshot, issued.replaces);
    issued_clear(&issued);
    if (flow->admin == NULL) {
        error_set(error, ERROR_NOT_FOUND,
                  "the administrator whose pair %s was to replace is not there any more",
                  (*second)->username);
        return error_try(error, "pritunl-access list");
    }
    if (!admin_can_sign(*second))
        return error_set(error, ERROR_UNUSABLE, "the second pair, of %s, is not usable any more",
                         (*second)->username);
    return flow_usable(flow, error);
}

static bool is_second(const struct admin *one, const struct admin *other)
{
    static const char *const names[] = {"_id",    "username", ISSUED_FIELD, "token",
                                        "secret", "auth_api", "disabled"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct db_value here = db_field(one->document, names[i]);
        struct db_value there = db_field(other->document, names[i]);

        if (!db_value_equal(&here, &there))
            return false;
    }
    return true;
}

/* The first one may have lost its rights since. */
static bool may_go(const struct flow *flow, const struct admin *second, struct error *error)
{
    struct revocation revocation;
    bool may = false;

    revocation_init(&revocation, flow);
    revocation_add(&revocation, second);
    may = revocation_check(&revocation, error);
    revocation_clear(&revocation);
    return may;
}

/* Somebody may have been asked for hours: is the pair that is taken over still the second one's? */
static bool look_again(struct alteration *alteration, const struct admin *second,
                       struct error *error)
{
    const struct snapshot *snapshot = NULL;

    if (!alter_read(alteration, error))
        return false;
    snapshot = alteration->flow->snapshot;
    for (size_t i = 0; i < snapshot_count(snapshot); i++)
        if (is_second(snapshot_admin(snapshot, i), second))
            return may_go(alteration->flow, snapshot_admin(snapshot, i), error);
    error_set(error, ERROR_CONFLICT, "%s was revoked or changed meanwhile: nothing was changed",
              second->username);
    return error_try(error, "pritunl-access list --issued");
}

/* Everything is read anew on the way, so the second one is copied. */
static void take_second(struct lend *lend, const struct admin *second)
{
    struct issued issued = {0};

    lend->admin = admin_read(second->document);
    issued_read(second->document, &issued);
    clock_text(issued.expires_ms, lend->expires);
    issued_clear(&issued);
}

static bool remove_second(struct lend *lend, const struct alteration *alteration,
                          struct error *error)
{
    struct error why = {0};

    if (lend_remove(lend, alteration->flow, &why))
        return true;
    alter_note(alteration);
    error_set(error, why.kind, "the pair was taken over, and %s still stands, until %s: %s",
              lend->admin->username, lend->expires, why.text);
    error_blame(error, why.cause);
    return error_try(error, "pritunl-access revoke %s", lend->admin->username);
}

static bool overlap_finish(const struct settings *settings, struct error *error)
{
    const char *label = settings_text(settings, OPTION_FINISH);
    struct alteration alteration = {.wants_verify = true,
                                    .effect = "the first pair is refused from then on"};
    struct lend lend = {.label = label, .pins_pair = true};
    const struct admin *second = NULL;
    struct flow flow;
    bool done = false;

    flow_init(&flow, settings, NULL);
    alteration.flow = &flow;
    if (!lend_read(&flow, error) || !find_both(&flow, label, &second, error))
        goto out;
    take_second(&lend, second);
    lend.stands = !settings_flag(settings, OPTION_DRY_RUN);
    alteration.change = change_new("rotate", flow.admin->username, flow.admin->document);
    change_set(alteration.change, "token", db_text(second->token));
    change_set(alteration.change, "secret", db_text(second->secret));
    change_pin(alteration.change, "token");
    change_pin(alteration.change, "secret");
    change_pin(alteration.change, "auth_api");
    done = alter_agree(settings, &alteration, 1, error) &&
           look_again(&alteration, lend.admin, error) && alter_run(&alteration, error);
    done = done && remove_second(&lend, &alteration, error) &&
           alter_answer(settings, &alteration, 1, false, error);
out:
    lend_clear(&lend);
    alter_clear(&alteration);
    change_free(alteration.change);
    flow_clear(&flow);
    return done;
}

bool overlap_run(struct run *run)
{
    const struct settings *settings = run->settings;
    struct error *error = run->error;
    const char *name = run_word(run, 0);
    bool overlaps = settings_given(settings, OPTION_OVERLAP);
    bool finishes = settings_given(settings, OPTION_FINISH);

    if (overlaps && finishes)
        return error_set(error, ERROR_USAGE, "rotate: --overlap and --finish exclude each other");
    if (!overlaps && is_of_overlap(settings))
        return error_set(error, ERROR_USAGE,
                         "rotate: --lifetime and the options of a file are for --overlap alone");
    if (overlaps)
        return overlap_begin(settings, name, &run->status, error);
    if (name != NULL)
        return error_set(
            error, ERROR_USAGE,
            "rotate: --finish takes no administrator: the label says whose pair it is");
    return overlap_finish(settings, error);
}
