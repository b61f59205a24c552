/* SPDX-License-Identifier: MIT */
/*
 * lease.h - a temporary administrator's life: made, verified, handed out, taken back.
 *
 * While one stands that was not handed out yet, signals wait (lease_make to lease_release):
 * whatever ends this process but SIGKILL comes after the decision whether it stays. After SIGKILL
 * its expiry stands.
 */
#ifndef STEP_LEASE_H
#define STEP_LEASE_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "io/json.h"
#include "step/session.h"

struct lease_options {
    const char *label;
    int64_t lifetime_ms;
    bool super_user;
    const struct admin *replaces; /* rotate --overlap: whose pair it is to replace; or NULL */
    bool pins_pair;               /* deleted only with the pair that its document has */
    int64_t wait_ms;              /* until it is accepted everywhere; 0: asked once */
};

struct lease {
    struct lease_options options;
    struct admin *admin; /* as it stands, or would stand, in the database */
    char expires[CLOCK_TEXT_SIZE];
    bool stands;
    bool held;
    sigset_t before;
};

/* lease_read(session, error): the database, and everybody in it. */
bool lease_read(struct session *session, struct error *error);

/*
 * lease_plan(lease, session, error): make the document, with a label, a username and a token that
 * nobody has. ERROR_USAGE where the label is no label, or in use: as a label, a username or a
 * token.
 */
bool lease_plan(struct lease *lease, const struct session *session, struct error *error);

/*
 * lease_make(lease, session, error): insert and announce; from now on signals wait. session goes on
 * with the new administrator, whom lease must keep for it.
 */
bool lease_make(struct lease *lease, struct session *session, struct error *error);

/*
 * lease_verify(lease, session, error): until the API accepts it. Where it does not, or a signal
 * came, it is taken back; false with why.
 */
bool lease_verify(struct lease *lease, struct session *session, struct error *error);

/*
 * lease_forget_pair(lease, session): token and secret are in other hands, and no longer here, nor
 * in session, which forgets everybody else's too; it can be taken back without them, unless it pins
 * the pair.
 */
void lease_forget_pair(struct lease *lease, struct session *session);

/*
 * lease_remove(lease, session, error): delete it, where it stands; the errors of revoke_admin().
 * lease_back: what fails is warned about.
 */
bool lease_remove(struct lease *lease, const struct session *session, struct error *error);
void lease_back(struct lease *lease, const struct session *session);

/*
 * lease_release(lease): signals that waited come now. lease_clear(lease): and free what it holds;
 * the document stays.
 */
void lease_release(struct lease *lease);
void lease_clear(struct lease *lease);

/* lease_put(lease, json): label, username and expires. */
void lease_put(const struct lease *lease, struct json *json);

#endif
