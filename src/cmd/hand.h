/* SPDX-License-Identifier: MIT */
/*
 * hand.h - what export and exec have in common: recover, verify, name.
 */
#ifndef CMD_HAND_H
#define CMD_HAND_H

#include <stdbool.h>

#include "cli/settings.h"
#include "cmd/flow.h"
#include "format/names.h"

struct hand {
    struct flow flow;
    struct variables variables; /* values point into flow.access */
    bool verified;              /* false only with --no-verify */
};

/*
 * hand_take(hand, settings, name, tfvars, error)
 *
 * A usable credential with its URL, verified unless --no-verify, under the chosen names (names.h
 * says what tfvars changes). Warns where the consumer cannot trust the server's certificate by
 * itself. False with the error of whatever step said no. hand is to end with hand_clear() either
 * way.
 */
bool hand_take(struct hand *hand, const struct settings *settings, const char *name, bool tfvars,
               struct error *error);

/*
 * hand_verify(hand, error): ask the API about the pair of the flow, with the warnings that a
 * consumer needs; false with why not.
 */
bool hand_verify(struct hand *hand, struct error *error);
/*
 * hand_name(hand, tfvars, error): the last of these steps alone, for a flow that has been verified
 * otherwise.
 */
bool hand_name(struct hand *hand, bool tfvars, struct error *error);

void hand_clear(struct hand *hand);

#endif
