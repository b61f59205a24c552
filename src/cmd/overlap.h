/* SPDX-License-Identifier: MIT */
/*
 * overlap.h - rotate --overlap and --finish: two pairs that both work, for consumers that cannot
 * stop.
 *
 * The second pair is a temporary administrator's, as super as the first, whose _id its mark names.
 * To finish, the first administrator gets that pair in one compare-and-set, and the temporary one
 * is deleted: the new pair is accepted at every moment, the old one until that write.
 */
#ifndef CMD_OVERLAP_H
#define CMD_OVERLAP_H

#include "cli/commands.h"

/* overlap_wanted(settings): --overlap or --finish is given, or what belongs to them alone. */
bool overlap_wanted(const struct settings *settings);

/* overlap_run(run): rotate, where it is wanted. */
bool overlap_run(struct run *run);

#endif
