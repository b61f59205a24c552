/* SPDX-License-Identifier: MIT */
/*
 * alter.h - what every writing command does with its change: show, agree, record, apply, announce,
 * verify.
 */
#ifndef CMD_ALTER_H
#define CMD_ALTER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "cmd/flow.h"
#include "io/json.h"
#include "pritunl/change.h"

enum alter_verified { ALTER_NOT_ASKED, ALTER_ACCEPTED, ALTER_NOT_ACCEPTED };

struct alteration {
    /* database open and read; flow->admin is whom the change is about, or NULL */
    struct flow *flow;
    struct change *change; /* owned by the caller */
    const char *effect;    /* who else is affected, as a sentence without full stop; NULL: nobody */
    bool wants_verify;     /* the pair should be accepted afterwards */
    int64_t deadline_ms;   /* of clock_monotonic_ms(): wait until then; 0: as --wait says */
    /* results */
    char *undo_id;
    bool dry_run;
    bool changed;
    enum alter_verified verified;
};

/* alter_show(alteration, out): what will change, in whole lines; nothing where nothing will. */
void alter_show(const struct alteration *alteration, struct buf *out);

/*
 * alter_agree(alterations, count, error): show what will change and ask, once for all; true at once
 * with --yes, --dry-run or where nothing is to be changed. ERROR_USAGE where nobody agreed: nothing
 * is written.
 */
bool alter_agree(const struct settings *settings, const struct alteration *alterations,
                 size_t count, struct error *error);

/*
 * alter_run(alteration, error)
 *
 * Record, apply, look again, announce; then, with wants_verify, --wait or ask once. A change that
 * overwrites no secret goes on without a record where none can be kept. With --dry-run, or where
 * the change is empty, nothing is written. A failure after the change was made is preceded by a
 * word about the change. The errors are those of record_save, change_apply, change_settle and
 * await_accepted.
 */
bool alter_run(struct alteration *alteration, struct error *error);

/*
 * alter_read(alteration, error)
 *
 * Read everybody again, and set flow->admin to the document that the change is about, by its _id:
 * it may have been renamed. ERROR_NOT_FOUND where it is gone.
 */
bool alter_read(struct alteration *alteration, struct error *error);

/* alter_clear(alteration): frees the results; not flow and change. */
void alter_clear(struct alteration *alteration);

/*
 * alter_json(alteration): {administrator, changed, undo_id, dry_run, verified}. alter_write: one
 * line for people into out.
 */
struct json *alter_json(const struct alteration *alteration);
void alter_write(const struct alteration *alteration, struct buf *out);

/*
 * alter_note(alteration): the same line on stderr, where something was changed: a failure follows.
 */
void alter_note(const struct alteration *alteration);

/*
 * alter_answer(settings, alterations, count, many, error): all of them to stdout; an array where
 * many.
 */
bool alter_answer(const struct settings *settings, const struct alteration *alterations,
                  size_t count, bool many, struct error *error);

/*
 * alter_never_accepted(flow, error): to wait for a disabled administrator would never end:
 * ERROR_UNUSABLE, before anything is written.
 */
bool alter_never_accepted(const struct flow *flow, struct error *error);

/* alter_one(settings, name, plan, error): read, plan, show, agree, write, answer. */
bool alter_one(const struct settings *settings, const char *name,
               bool (*plan)(struct alteration *alteration, struct error *error),
               struct error *error);

#endif
