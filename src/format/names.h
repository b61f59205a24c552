/* SPDX-License-Identifier: MIT */
/*
 * names.h - under which names a credential is handed over, and found again.
 */
#ifndef FORMAT_NAMES_H
#define FORMAT_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "format/sets.h"
#include "pritunl/access.h"

/* One name with its value; both point elsewhere. */
struct variable {
    const char *name;
    const char *value;
};

struct variables {
    struct variable *items;
    size_t count;
    struct sets sets; /* whose names they are */
};

struct names_config {
    const char *names;
    bool insecure_consumer; /* add PRITUNL_INSECURE=true */
    bool tfvars;            /* terraform means pritunl_url, pritunl_token, pritunl_secret */
};

/*
 * names_make(config, access, variables, error)
 *
 * names is one of terraform, pritunl-api, exporter, ansible, tfvar, or url=X,token=Y,secret=Z (each
 * of the three at most once, at least one), or several of these joined with '+'. A name that comes
 * twice stands once. Values point into access. ERROR_USAGE for a name that is none, that the
 * system, a shell or a runner takes for itself (PATH, IFS, LD_*, GITHUB_* …), or one name for two
 * different things. variables is the caller's, to end with names_clear().
 */
bool names_make(const struct names_config *config, const struct access *access,
                struct variables *variables, struct error *error);
void names_clear(struct variables *variables);

/* names_check(config, error): what names_make would say, without a credential. */
bool names_check(const struct names_config *config, struct error *error);

/*
 * names_is_known(names, name): is name one of names (or NULL), of a known set, or PRITUNL_INSECURE?
 * Fields of documents are not.
 */
bool names_is_known(const char *names, const char *name);

#endif
