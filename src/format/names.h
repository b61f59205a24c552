/* SPDX-License-Identifier: MIT */
/*
 * names.h - under which names a credential is handed over.
 */
#ifndef FORMAT_NAMES_H
#define FORMAT_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "pritunl/access.h"

/* One name with its value; both point elsewhere. */
struct variable {
    const char *name;
    const char *value;
};

struct variables {
    struct variable *items;
    size_t count;
    char *text; /* what names point into */
};

/*
 * names_make(names, access, insecure_consumer, variables, error)
 *
 * names is one of terraform, pritunl-api, exporter, ansible, tfvar, or url=X,token=Y,secret=Z (each of the three at most once, at
 * least one), or several of these joined with '+'. A name that comes twice stands once. insecure_consumer adds
 * PRITUNL_INSECURE=true. Values point into access. ERROR_USAGE for a name that is none, or one name for two different things.
 * variables is the caller's, to end with names_clear().
 */
bool names_make(const char *names, const struct access *access, bool insecure_consumer,
                struct variables *variables, struct error *error);
void names_clear(struct variables *variables);

#endif
