/* SPDX-License-Identifier: MIT */
/*
 * locate.h - of the places where the API may be, the best one that answers and can be trusted.
 */
#ifndef API_LOCATE_H
#define API_LOCATE_H

#include "api/contact.h"
#include "api/endpoints.h"

/*
 * locate(endpoints, options, certificate, chosen)
 *
 * One endpoint is opened without asking it anything (two round trips fewer). Of several the first
 * LOCATE_MAX are asked /ping side by side; the best-ranked one wins that answers well within
 * LOCATE_GRACE_MS of the first that does. options->url is not used. Returns a contact that has been
 * judged (with *cause what that showed; CAUSE_NONE for one to go on with), owned by the caller, and
 * its endpoint in *chosen. Where none answers well, the best-ranked one that answered at all, else
 * the first. NULL where there are no endpoints.
 */
#define LOCATE_MAX 16
#define LOCATE_GRACE_MS 300

struct contact *locate(const struct endpoints *endpoints, const struct contact_options *options,
                       const char *certificate, const struct endpoint **chosen, enum cause *cause);

#endif
