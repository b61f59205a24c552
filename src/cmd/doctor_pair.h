/* SPDX-License-Identifier: MIT */
/*
 * doctor_pair.h - doctor's evidence about a pair that lies somewhere else than in the database:
 * whose it is, whether it is still the database's, and what the API says to it.
 */
#ifndef CMD_DOCTOR_PAIR_H
#define CMD_DOCTOR_PAIR_H

#include "cmd/doctor_evidence.h"

/*
 * pair_read(evidence, options, mine, error)
 *
 * The pair, from the first source that has one; *mine says whether it is such a pair, or the
 * database's own after all, for which nothing is in evidence. One that is missing or malformed is
 * an answer: evidence->lack. False for a mistake in the question.
 */
bool pair_read(struct evidence *evidence, const struct session_options *options, bool *mine,
               struct error *error);

/* pair_match(evidence): whose it is, once the database was read: admin and same. */
void pair_match(struct evidence *evidence);

/*
 * pair_reach(evidence): the URL that was given or is stored with the pair; the database's for the
 * database's own pair alone. pair_verify(evidence): ask it. pair_conclude(evidence): the one cause,
 * from what both ends say.
 */
void pair_reach(struct evidence *evidence);
void pair_verify(struct evidence *evidence);
void pair_conclude(struct evidence *evidence);

/* pair_remedy(evidence, text, size): of evidence->cause. */
void pair_remedy(const struct evidence *evidence, char *text, size_t size);

#endif
