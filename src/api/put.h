/* SPDX-License-Identifier: MIT */
/*
 * put.h - what a PUT does to the fields that its body does not name.
 *
 * Pritunl's web front fills them in as empty, or false (doc/pritunl.md): a credential is renewed,
 * an administrator demoted, the server's certificate replaced. Nothing is sent from here.
 */
#ifndef API_PUT_H
#define API_PUT_H

#include <stdbool.h>

#include "api/request.h"
#include "base/buf.h"
#include "base/error.h"
#include "io/json.h"

/*
 * put_merge(path, there, given, error)
 *
 * The object that GET path answered with the fields of given in it; its own, to end with
 * json_free(). Fields that would do something when they are sent back (token, secret, password,
 * otp_secret and an organization's auth_token, auth_secret: Pritunl renews what they name) are left
 * out unless given has them; so is a setting that is false, which the web front may want as text.
 * NULL with ERROR_USAGE where there tells only that a field is set.
 */
struct json *put_merge(const struct request_path *path, const struct json *there,
                       const struct json *given, struct error *error);

/*
 * put_is_harmless(method, path, body, merged, error)
 *
 * False with ERROR_USAGE for a PUT of an administrator that carries a token or secret, or lacks
 * (unless it is to be merged) one of the fields that the web front sends as empty ones when they
 * are not given: Pritunl would renew the credential or switch it off, rename, demote or enable the
 * administrator. False for one of the settings that is not to be merged: it would replace all of
 * them, and the certificate. A PUT of a user or an organization is only warned of, with what it
 * will empty.
 */
bool put_is_harmless(const char *method, const struct request_path *path, const struct buf *body,
                     bool merged, struct error *error);

#endif
