/* SPDX-License-Identifier: MIT */
/*
 * offer.h - a temporary administrator that is made for somebody: agreed to, made, verified, and its
 * pair handed over; or taken back.
 */
#ifndef STEP_OFFER_H
#define STEP_OFFER_H

#include <stdbool.h>

#include "base/error.h"
#include "step/agree.h"
#include "step/handover.h"
#include "step/lease.h"

/* All borrowed; the lease is planned, and session is the one that it was planned in. */
struct offer {
    const struct agree_options *agree;
    struct session *session;
    struct lease *lease;
    struct handover *handover;
};

/*
 * offer_lease(offer, plan, error)
 *
 * Show plan (whole lines), ask, then make, verify, hand over. Taken back where any of that fails.
 * With dry_run only said. The lease's stands tells whether it was made.
 */
bool offer_lease(const struct offer *offer, const char *plan, struct error *error);

#endif
