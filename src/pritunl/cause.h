/* SPDX-License-Identifier: MIT */
/*
 * cause.h - the names of everything that can keep a credential from working.
 *
 * The names are an interface: `verify --json` and `doctor` print them, scripts compare them.
 */
#ifndef PRITUNL_CAUSE_H
#define PRITUNL_CAUSE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/cause.h"
#include "base/error.h"

/*
 * What a request meets, in this order: of two causes the one of the earlier stage is met first, and
 * hides the other.
 */
enum stage {
    STAGE_NONE,   /* of CAUSE_NONE */
    STAGE_SOURCE, /* another place than the database that was to have the pair */
    STAGE_DATABASE,
    STAGE_CONNECTION,
    STAGE_CERTIFICATE,
    STAGE_ANSWER, /* is it Pritunl that answers? */
    STAGE_FRONT,  /* with the flag that brings its refusal about */
    STAGE_TOKEN,
    STAGE_CLOCK,
    STAGE_SECRET,
    STAGE_REQUEST /* whatever comes behind the signature */
};

/* cause_stage(cause): where it is met. */
enum stage cause_stage(enum cause cause);

/* cause_name(cause): "database-unreachable" …; NULL for CAUSE_NONE. */
const char *cause_name(enum cause cause);

/*
 * cause_is_finding(cause): can verify and doctor name it? Not CAUSE_NONE, nor those of
 * STAGE_SOURCE, which are kinds of an error and nothing more.
 */
bool cause_is_finding(enum cause cause);

/*
 * cause_of_error(error): the name of its cause, or else of its kind ("usage", "not-found" …), as
 * --json prints it; static.
 */
const char *cause_of_error(const struct error *error);

/* cause_text(cause): what it means, in one short sentence for people. */
const char *cause_text(enum cause cause);

/*
 * cause_write_remedy(cause, administrator, text, size)
 *
 * Write the mend: a command that can be pasted (the administrator, NULL for none, quoted for a
 * shell), or what to do.
 */
void cause_write_remedy(enum cause cause, const char *administrator, char *text, size_t size);

/*
 * cause_argument(argument): a new string: a blank, and the argument as a shell takes it, with "--"
 * before one that could be read as an option. cause_write_command(command, administrator, text,
 * size): command, with the administrator (NULL for none) so in the place of its "%s".
 */
char *cause_argument(const char *argument);
void cause_write_command(const char *command, const char *administrator, char *text, size_t size);

/* cause_kind(cause): which failure it is to whoever needs a credential (an exit status). */
enum error_kind cause_kind(enum cause cause);

#endif
