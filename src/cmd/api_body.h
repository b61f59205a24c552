/* SPDX-License-Identifier: MIT */
/*
 * api_body.h - the body of `api`: given, merged into what is there, and looked at for what would
 * change a credential.
 */
#ifndef CMD_API_BODY_H
#define CMD_API_BODY_H

#include "cmd/ask.h"

#define API_BODY_MAX ((size_t)16 * 1024 * 1024)

/* api_body_read(data, body, error): data is the text itself, @FILE or @-. ERROR_USAGE. */
bool api_body_read(const char *data, struct buf *body, struct error *error);

/*
 * api_body_merge(ask, path, body, error)
 *
 * GET path, and put the fields of body (a JSON object) into what came: the result replaces body.
 * Fields that would do something when they are sent back (token, secret, password, otp_secret and
 * an organization's auth_token, auth_secret: Pritunl renews what they name) are left out unless
 * body gives them; so is a setting that is false, which the web front may want as text.
 * ERROR_USAGE too where the answer tells only that a field is set.
 */
bool api_body_merge(struct ask *ask, const struct request_path *path, struct buf *body,
                    struct error *error);

/*
 * api_body_is_harmless(method, path, body, merged, error)
 *
 * False with ERROR_USAGE for a PUT of an administrator that carries a token or secret, or lacks
 * (unless it is to be merged) one of the fields that the web front sends as empty ones when they
 * are not given: Pritunl would renew the credential or switch it off, rename, demote or enable the
 * administrator. False for one of the settings that is not to be merged: it would replace all of
 * them, and the certificate. A PUT of a user or an organization is only warned of, with what it
 * will empty.
 */
bool api_body_is_harmless(const char *method, const struct request_path *path,
                          const struct buf *body, bool merged, struct error *error);

#endif
