/* SPDX-License-Identifier: MIT */
#include "cmd/overlap.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "cmd/options.h"
#include "pritunl/edit.h"
#include "pritunl/mark.h"
#include "step/answer.h"
#include "step/change_run.h"
#include "step/offer.h"
#include "step/revocation.h"

#define MS_PER_S 1000
#define LIFETIME "30d" /* long enough for any consumer; said where it is used */

/* What means something with --overlap alone. */
static bool is_of_overlap(const struct settings *settings)
{
    static const enum option_id own[] = {OPTION_LIFETIME, OPTION_FORMAT,    OPTION_OUTPUT,
                                         OPTION_MODE,     OPTION_OWNER,     OPTION_GROUP,
                                         OPTION_NAME,     OPTION_NAMESPACE, OPTION_REPLACE};

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

static bool offer_second(const struct offer *offer, struct error *error)
{
    const struct lease *lease = offer->lease;
    const char *name = admin_name(lease->options.replaces);
    char *first = text_printable(name, strlen(name));
    char *plan = text_format("  %s: a second administrator beside %s, until %s\n",
                             lease->admin->username, first, lease->expires);
    bool done = offer_lease(offer, plan, error);
    char *label = text_shell(lease->options.label);

    if (done && lease->stands)
        term_note("the pair of %s works too, until: pritunl-access rotate --finish %s (before %s)",
                  name, label, lease->expires);
    mem_free(label);
    mem_free(plan);
    mem_free(first);
    return done;
}

/* The first administrator is found as everywhere else; who else is there is read behind it. */
static bool find_first(struct session *session, struct admin **first, struct error *error)
{
    const struct snapshot_query everybody = {.wants_server = true, .silent = true};

    if (!session_read(session, error) || !session_usable(session, error))
        return false;
    *first = admin_read(session_admin(session)->document);
    return session_survey(session, &everybody, error);
}

static bool overlap_begin(struct run *run)
{
    const struct settings *settings = run->settings;
    const struct session_options options = options_session_writing(settings, run_word(run, 0));
    const struct handover_options output = options_handover(settings);
    const struct agree_options agree = options_agree(settings);
    const char *lifetime = settings_given(settings, OPTION_LIFETIME)
                               ? settings_text(settings, OPTION_LIFETIME)
                               : LIFETIME;
    struct lease lease = {
        .options = {.label = settings_text(settings, OPTION_OVERLAP),
                    .wait_ms = settings_number(settings, OPTION_WAIT) * MS_PER_S}};
    struct offer offer = {.agree = &agree, .lease = &lease};
    struct error *error = run->error;
    struct admin *first = NULL;
    bool done = false;

    if (!mark_label(lease.options.label, error) ||
        !mark_lifetime(lifetime, &lease.options.lifetime_ms, error))
        return false;
    offer.handover = handover_new(&output, error);
    if (offer.handover == NULL)
        return false;
    offer.session = session_new(&options);
    if (session_begin(offer.session, error) && find_first(offer.session, &first, error)) {
        lease.options.replaces = first;
        lease.options.super_user = first->super_user;
        done = lease_plan(&lease, offer.session, error) && offer_second(&offer, error);
    }
    handover_free(offer.handover);
    session_free(offer.session);
    lease_clear(&lease);
    admin_free(first);
    return done;
}

static const struct admin *find_second(const struct snapshot *snapshot, const char *label,
                                       struct mark *mark)
{
    for (size_t i = 0; i < snapshot_count(snapshot); i++) {
        if (!mark_read(snapshot_admin(snapshot, i)->document, mark))
            continue;
        if (text_equal(mark->label, label) && mark->replaces != NULL)
            return snapshot_admin(snapshot, i);
        mark_clear(mark);
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

static const struct admin *find_both(struct session *session, const char *label,
                                     struct error *error)
{
    struct mark mark = {0};
    const struct admin *second = find_second(session_snapshot(session), label, &mark);
    const struct admin *first = NULL;

    if (second == NULL) {
        error_set(error, ERROR_NOT_FOUND, "no overlap of that label was begun");
        error_try(error, "pritunl-access list --issued");
        return NULL;
    }
    first = find_replaced(session_snapshot(session), mark.replaces);
    mark_clear(&mark);
    if (first == NULL) {
        error_set(error, ERROR_NOT_FOUND,
                  "the administrator whose pair %s was to replace is not there any more",
                  second->username);
        error_try(error, "pritunl-access list");
        return NULL;
    }
    if (!admin_can_sign(second)) {
        error_set(error, ERROR_UNUSABLE, "the second pair, of %s, is not usable any more",
                  second->username);
        return NULL;
    }
    session_choose(session, first);
    return session_usable(session, error) ? second : NULL;
}

/* The first one may have lost its rights since. */
static bool may_go(const struct session *session, const struct admin *second, struct error *error)
{
    struct revocation revocation;
    bool may = false;

    revocation_init(&revocation, session);
    revocation_add(&revocation, second);
    may = revocation_check(&revocation, error);
    revocation_clear(&revocation);
    return may;
}

/* Somebody may have been asked for hours: is the pair that is taken over still the second one's? */
static bool look_again_before_finish(const struct change_run *run, const struct admin *second,
                                     struct error *error)
{
    const struct snapshot *snapshot = NULL;

    if (!change_find(run->session, run->change, error))
        return false;
    snapshot = session_snapshot(run->session);
    for (size_t i = 0; i < snapshot_count(snapshot); i++)
        if (mark_is_same(snapshot_admin(snapshot, i), second))
            return may_go(run->session, snapshot_admin(snapshot, i), error);
    error_set(error, ERROR_CONFLICT, "%s was revoked or changed meanwhile: nothing was changed",
              second->username);
    return error_try(error, "pritunl-access list --issued");
}

/* Everything is read anew on the way, so the second one is copied. */
static void take_second(struct lease *lease, const struct admin *second)
{
    struct mark mark = {0};

    lease->admin = admin_read(second->document);
    mark_read(second->document, &mark);
    clock_text(mark.expires_ms, lease->expires);
    mark_clear(&mark);
}

static bool remove_second(struct lease *lease, const struct change_run *run, struct error *error)
{
    struct error why = {0};

    if (lease_remove(lease, run->session, &why)) {
        term_done("%s was revoked", lease->admin->username);
        return true;
    }
    error_set(error, why.kind, "the pair was taken over, and %s still stands, until %s: %s",
              lease->admin->username, lease->expires, why.text);
    error_blame(error, why.cause);
    return error_try(error, "pritunl-access revoke %s", lease->admin->username);
}

/* The first administrator, who is chosen, gets the second one's pair. */
static void plan_finish(struct change_run *run, const struct admin *second)
{
    run->change = edit_take_over(session_admin(run->session), second);
}

static bool overlap_finish(struct run *run)
{
    const struct session_options options = options_session_writing(run->settings, NULL);
    const struct change_options how = options_change(run->settings);
    struct lease lease = {
        .options = {.label = settings_text(run->settings, OPTION_FINISH), .pins_pair = true}};
    struct session *session = session_new(&options);
    struct change_run change = {.session = session,
                                .options = &how,
                                .wants_verify = true,
                                .effect = "the first pair is refused from then on"};
    struct error *error = run->error;
    const struct admin *second = NULL;
    bool done = false;

    if (lease_read(session, error))
        second = find_both(session, lease.options.label, error);
    if (second != NULL) {
        take_second(&lease, second);
        lease.stands = !how.agree.dry_run;
        plan_finish(&change, second);
        done = answer_ready(error) && change_runs_agree(&change, 1, error) &&
               look_again_before_finish(&change, lease.admin, error) &&
               change_run_do(&change, error) && remove_second(&lease, &change, error) &&
               change_runs_answer(&change, 1, false, error);
    }
    change_run_clear(&change);
    session_free(session);
    lease_clear(&lease);
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
        return overlap_begin(run);
    if (name != NULL)
        return error_set(
            error, ERROR_USAGE,
            "rotate: --finish takes no administrator: the label says whose pair it is");
    return overlap_finish(run);
}
