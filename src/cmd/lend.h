/* SPDX-License-Identifier: MIT */
/*
 * lend.h - a temporary administrator's life: made, verified, handed out, taken back.
 *
 * While one stands that was not handed out yet, signals wait (lend_make to lend_release): whatever
 * ends this process but SIGKILL comes after the decision whether it stays. After SIGKILL its expiry
 * stands.
 */
#ifndef CMD_LEND_H
#define CMD_LEND_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "cmd/export.h"
#include "cmd/hand.h"
#include "io/json.h"

struct lend {
    const char *label;
    int64_t lifetime_ms;
    bool super_user;
    bool tfvars; /* handed out under the names of Terraform's variables: see names.h */
    const struct admin *replaces; /* rotate --overlap: whose pair it is to replace; or NULL */
    bool pins_pair;               /* deleted only with the pair that admin has */
    /* results */
    struct admin *admin; /* as it stands, or would stand, in the database */
    char expires[CLOCK_TEXT_SIZE];
    bool stands;
    bool held;
    sigset_t before;
};

/*
 * lend_read(flow, error): the database, and everybody in it. flow_init() came before, and
 * flow_begin() where it is to be verified.
 */
bool lend_read(struct flow *flow, struct error *error);

/*
 * lend_plan(lend, flow, error): make the document, with a label, a username and a token that nobody
 * has. ERROR_USAGE where the label is no label, or in use: as a label, a username or a token.
 */
bool lend_plan(struct lend *lend, const struct flow *flow, struct error *error);

/*
 * lend_make(lend, flow, error): insert and announce; from now on signals wait. flow goes on with
 * the new administrator.
 */
bool lend_make(struct lend *lend, struct flow *flow, struct error *error);

/*
 * lend_verify(lend, hand, error): until the API accepts it, as --wait or else wait_s says (0: asked
 * once). Where it does not, or a signal came, it is taken back; false with why. hand then has the
 * variables' names.
 */
bool lend_verify(struct lend *lend, struct hand *hand, long wait_s, struct error *error);

/*
 * lend_offer(lend, export, plan, wait_s, status, error)
 *
 * After lend_plan(): show plan (whole lines), ask, then make, verify and export it. Taken back
 * where any of that fails. With --dry-run only said. lend->stands tells whether it was made.
 */
bool lend_offer(struct lend *lend, struct export *export, const char *plan, long wait_s,
                int *status, struct error *error);

/*
 * lend_remove(lend, flow, error): delete it, where it stands; the errors of issued_remove().
 * lend_back: what fails is warned about.
 */
bool lend_remove(struct lend *lend, const struct flow *flow, struct error *error);
void lend_back(struct lend *lend, const struct flow *flow);

/*
 * lend_release(lend): signals that waited come now. lend_clear(lend): and free what it holds; the
 * document stays.
 */
void lend_release(struct lend *lend);
void lend_clear(struct lend *lend);

/* lend_put(lend, json): label, username and expires. */
void lend_put(const struct lend *lend, struct json *json);

/* lend_announce(flow, id, type, message): announce() with what the flow has read. */
void lend_announce(const struct flow *flow, struct db_value id, const char *type,
                   const char *label);

#endif
