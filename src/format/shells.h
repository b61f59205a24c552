/* SPDX-License-Identifier: MIT */
/*
 * shells.h - files that shells and the readers of dotenv share.
 */
#ifndef FORMAT_SHELLS_H
#define FORMAT_SHELLS_H

#include "format/pairs.h"
#include "format/sets.h"

/*
 * shells_decode(text, names, pairs)
 *
 * NAME=value as python-dotenv, docker compose and node take it, compared with what bash makes of
 * the same text, where that is a script for it; and fish's "set". What they do not agree on is a
 * fault of that name, when it is one that is wanted (find.h). True where one is there.
 */
bool shells_decode(const char *text, const struct sets *names, struct pairs *pairs);

#endif
