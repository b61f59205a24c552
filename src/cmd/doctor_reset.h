/* SPDX-License-Identifier: MIT */
/*
 * doctor_reset.h - was an administrator made anew, as `pritunl reset-password` does it, which
 * deletes the pair with the document?
 */
#ifndef CMD_DOCTOR_RESET_H
#define CMD_DOCTOR_RESET_H

#include "cmd/doctor_evidence.h"

/*
 * reset_look(evidence)
 *
 * Once the documents were read. Pritunl's own password is in place again, and something is older
 * than the document that has it: an undo record of this user, of another document of that name; or
 * the file of a pair that nobody has. evidence->renewed is that administrator then, else NULL, and
 * evidence->older says what is older. Reads the undo records' directory, makes none.
 */
void reset_look(struct evidence *evidence);

/* reset_remedy(evidence, text, size): what brings the pair back; where evidence->renewed is set. */
void reset_remedy(const struct evidence *evidence, char *text, size_t size);

#endif
