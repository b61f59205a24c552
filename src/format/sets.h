/* SPDX-License-Identifier: MIT */
/*
 * sets.h - the names that belong together: of the URL, the token and the secret.
 */
#ifndef FORMAT_SETS_H
#define FORMAT_SETS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum part { PART_URL, PART_TOKEN, PART_SECRET, PART_COUNT };

struct set {
    const char *name; /* in the setting, or NULL */
    const char *parts[PART_COUNT];
};

/* sets_known(count): those that other tools read; the last is Terraform's own variables. */
const struct set *sets_known(size_t *count);

/* sets_document(): the fields of an administrator's document. */
const struct set *sets_document(void);

/* sets_is_url(name): does it name a URL of Pritunl's, in one of the sets or beside them? */
bool sets_is_url(const char *name);

/* The sets of a setting, in its order; parts point into text. */
struct sets {
    struct set *items;
    size_t count;
    char *text;
};

/*
 * sets_read(names, tfvars, sets, error): tfvars: "terraform" means Terraform's own variables. What
 * it says of names is names_make()'s (names.h). sets is the caller's, to end with sets_clear()
 * either way.
 */
bool sets_read(const char *names, bool tfvars, struct sets *sets, struct error *error);
void sets_clear(struct sets *sets);

/* sets_hold, set_has: is name one of theirs? */
bool sets_hold(const struct sets *sets, const char *name);
bool set_has(const struct set *set, const char *name);

#endif
