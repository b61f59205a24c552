/* SPDX-License-Identifier: MIT */
/*
 * change_run.h - what every writing command does with its change: show, agree, record, apply,
 * settle, announce, verify.
 *
 * What stands after a change is looked at in a session of its own: whatever the caller took out of
 * the session that the change was planned in stays what it was.
 */
#ifndef STEP_CHANGE_RUN_H
#define STEP_CHANGE_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "io/json.h"
#include "pritunl/change.h"
#include "step/agree.h"
#include "step/session.h"

struct change_options {
    struct agree_options agree;
    bool no_undo;        /* no record is kept to undo it with */
    int64_t wait_ms;     /* until it is accepted everywhere; 0: asked once */
    int64_t deadline_ms; /* in place of wait_ms, where it covers more: of clock_monotonic_ms() */
    int64_t settle_ms;   /* so long after the change it is looked at once more; 0: not */
};

enum change_verified { CHANGE_NOT_ASKED, CHANGE_ACCEPTED, CHANGE_NOT_ACCEPTED };

struct change_run {
    struct session *session; /* borrowed; its database is open */
    const struct change_options *options;
    struct change *change;
    const char *effect; /* who else is affected, as a sentence without full stop; NULL: nobody */
    bool wants_verify;  /* the pair should be accepted afterwards */
    /* results */
    struct session *after; /* what stands after it, where one was looked at alone; else NULL */
    char *undo_id;
    int64_t written_ms; /* clock_monotonic_ms(); 0: not */
    bool changed;       /* and it stood, when it was looked at again */
    int64_t changed_ms; /* clock_monotonic_ms() */
    enum change_verified verified;
    struct error why; /* where it was not accepted, or could not be asked: why, and what to do */
};

/* change_waits(options): until it is accepted everywhere? */
bool change_waits(const struct change_options *options);

/*
 * change_run_find_effect(run, admin): for a change that may write anything: that the pair, which
 * the administrator has now, stops working, where it does.
 */
void change_run_find_effect(struct change_run *run, const struct admin *admin);

/* change_run_show(run, out): what will change, in whole lines; nothing where nothing will. */
void change_run_show(const struct change_run *run, struct buf *out);

/*
 * change_runs_agree(runs, count, error): show what will change and ask, once for all of them, which
 * are at least one; true at once with yes, dry_run or where nothing is to be changed. ERROR_USAGE
 * where nobody agreed: nothing is written.
 */
bool change_runs_agree(const struct change_run *runs, size_t count, struct error *error);

/*
 * change_run_do(run, error)
 *
 * Record, apply, look again, announce; then, with wants_verify, wait or ask once; then, settle_ms
 * after the change, see that it still stands. A change that overwrites no secret goes on without a
 * record where none can be kept. With dry_run, or where the change is empty, nothing is written.
 * From the moment that the change was made whatever fails says it, and its undo (term_done). The
 * errors are those of record_save, change_apply, change_settle, change_stands and session_await.
 */
bool change_run_do(struct change_run *run, struct error *error);

/*
 * change_runs_do(runs, count, error): of one session: all are written, one after the other, then
 * all are looked at, and whether they still stand at the end. Where one cannot be written those
 * before it were, and are said to be. The first failure is the error; each other one is said.
 */
bool change_runs_do(struct change_run *runs, size_t count, struct error *error);

/*
 * change_find(session, change, error)
 *
 * Survey, and choose whom the change is about, by _id: it may have been renamed. ERROR_NOT_FOUND
 * where it is gone.
 */
bool change_find(struct session *session, const struct change *change, struct error *error);

/* change_run_clear(run): frees the change and the results. */
void change_run_clear(struct change_run *run);
void change_runs_free(struct change_run *runs, size_t count);

/*
 * change_run_json(run): {administrator, changed, undo_id, dry_run, verified}. change_run_write: one
 * line for people into out.
 */
struct json *change_run_json(const struct change_run *run);
void change_run_write(const struct change_run *run, struct buf *out);

/* change_runs_answer(runs, count, many, error): all of them to stdout; an array where many. */
bool change_runs_answer(const struct change_run *runs, size_t count, bool many,
                        struct error *error);

/*
 * change_never_accepted(session, error): to wait for a disabled administrator would never end:
 * ERROR_UNUSABLE, before anything is written.
 */
bool change_never_accepted(const struct session *session, struct error *error);

/* change_one(session, options, plan, error): read, plan, show, agree, write, answer. */
bool change_one(struct session *session, const struct change_options *options,
                bool (*plan)(struct change_run *run, struct error *error), struct error *error);

#endif
