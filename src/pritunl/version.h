/* SPDX-License-Identifier: MIT */
/*
 * version.h - what a cluster's version says it can do: not every fact holds since 2018
 * (doc/pritunl.md).
 */
#ifndef PRITUNL_VERSION_H
#define PRITUNL_VERSION_H

#include "pritunl/server.h"

enum known { KNOWN_NOT, KNOWN_NO, KNOWN_YES };

/* A web front that refuses everything while nobody has auth_api exactly true. */
#define VERSION_STRICT "1.32.4465.96"
/* A signature, and a nonce, that is not ASCII is answered 500 once token and secret were found. */
#define VERSION_ODD_IS_500 "1.32.4258.38"
/* The token is looked up before the timestamp is judged. */
#define VERSION_TOKEN_FIRST "1.32.4181.41"
/* The one that fails on every signed request, and the one that mended it. */
#define VERSION_BROKEN "1.30.2817.44"
#define VERSION_MENDED "1.30.2847.71"
/* Before, its code was Python 2: such a nonce, but no such signature, was answered 500. */
#define VERSION_PYTHON_3 "1.30.0.0"

/*
 * version_since(server, version): is all of the cluster, its settings and the hosts that are
 * online, at least that version? KNOWN_NOT where it is mixed, where no version is known, or with
 * server NULL.
 */
enum known version_since(const struct server *server, const char *version);

/* version_is(server, version): is all of it exactly that one? */
enum known version_is(const struct server *server, const char *version);

#endif
