/* SPDX-License-Identifier: MIT */
/*
 * cause.h - the names of everything that can keep a credential from working.
 *
 * The names are an interface: `verify --json` and `doctor` print them, scripts compare them.
 */
#ifndef PRITUNL_CAUSE_H
#define PRITUNL_CAUSE_H

#include <stddef.h>

#include "base/error.h"

enum cause {
    CAUSE_NONE,
    CAUSE_DATABASE_UNREACHABLE,
    CAUSE_DATABASE_AUTH,
    CAUSE_DATABASE_PERMISSION,
    CAUSE_DATABASE_EMPTY,
    CAUSE_DNS,
    CAUSE_UNREACHABLE,
    CAUSE_TIMEOUT,
    CAUSE_TLS_UNTRUSTED,
    CAUSE_TLS_NAME,
    CAUSE_TLS_EXPIRED,
    CAUSE_REDIRECTED,
    CAUSE_PROXY_ANSWER,
    CAUSE_NOT_PRITUNL,
    CAUSE_WEB_NOT_READY,
    CAUSE_API_DISABLED,
    CAUSE_FLAG_NOT_BOOLEAN,
    CAUSE_WEB_STRICT,
    CAUSE_TOKEN_UNKNOWN,
    CAUSE_TOKEN_DUPLICATE,
    CAUSE_CLOCK_SKEW,
    CAUSE_SECRET_MISSING,
    CAUSE_SECRET_SHORT,
    CAUSE_SECRET_MISMATCH,
    CAUSE_NONCE_REPLAYED,
    CAUSE_ADMINISTRATOR_DISABLED,
    CAUSE_SUPER_USER_REQUIRED,
    CAUSE_PATH_REWRITTEN,
    CAUSE_HEADERS_STRIPPED,
    CAUSE_LICENCE_REQUIRED,
    CAUSE_SERVER_ERROR,
    CAUSE_COUNT
};

/*
 * cause_name(cause): "database-unreachable" …; NULL for CAUSE_NONE. cause_find(name): CAUSE_NONE
 * for what is no cause.
 */
const char *cause_name(enum cause cause);
enum cause cause_find(const char *name);

/* cause_text(cause): what it means, in one short sentence for people. */
const char *cause_text(enum cause cause);

/*
 * cause_write_remedy(cause, administrator, text, size)
 *
 * Write the mend: a command that can be pasted (the administrator, NULL for none, quoted for a
 * shell), or what to do.
 */
void cause_write_remedy(enum cause cause, const char *administrator, char *text, size_t size);

/* cause_kind(cause): which failure it is to whoever needs a credential (an exit status). */
enum error_kind cause_kind(enum cause cause);

#endif
