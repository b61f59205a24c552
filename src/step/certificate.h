/* SPDX-License-Identifier: MIT */
/*
 * certificate.h - the certificate that is trusted, as a file for the consumer.
 */
#ifndef STEP_CERTIFICATE_H
#define STEP_CERTIFICATE_H

#include <stdbool.h>

#include "base/error.h"
#include "base/file_replace.h"
#include "step/session.h"

/*
 * certificate_check(path, replace, error): may it be written there? ERROR_USAGE for standard
 * output; ERROR_OUTPUT where something else than one certificate would be lost, unless replace.
 */
bool certificate_check(const char *path, bool replace, struct error *error);

/*
 * certificate_text(session, text, error): what goes into the file: the certificate that the
 * database holds. ERROR_OUTPUT where it holds none, or another trust was met that the consumer must
 * not replace by it.
 */
bool certificate_text(const struct session *session, struct buf *text, struct error *error);

/* certificate_note(session, path): how consumers take it, on stderr. */
void certificate_note(const struct session *session, const char *path);

#endif
