/* SPDX-License-Identifier: MIT */
/*
 * judgement.h - is an administrator's document a usable credential, and if not, what would the
 * server meet first?
 *
 * Decided here and nowhere else, from documents alone. Whether the API accepts it is another
 * question (api/verify.h): clocks, proxies and fronts that have not noticed are in no document.
 */
#ifndef PRITUNL_JUDGEMENT_H
#define PRITUNL_JUDGEMENT_H

#include <stdbool.h>

#include "pritunl/admin.h"
#include "pritunl/cause.h"
#include "pritunl/snapshot.h"

struct judgement {
    bool usable;
    /*
     * In the order in which the server meets them: CAUSE_API_DISABLED, CAUSE_FLAG_NOT_BOOLEAN (no
     * administrator holds the front open), CAUSE_TOKEN_UNKNOWN, CAUSE_TOKEN_DUPLICATE (of an
     * earlier document), CAUSE_SECRET_MISSING, CAUSE_SECRET_SHORT, CAUSE_ADMINISTRATOR_DISABLED.
     * Where usable CAUSE_NONE, or CAUSE_FLAG_NOT_BOOLEAN: only while another one holds the front
     * open.
     */
    enum cause reason;
    const char *detail; /* what exactly was found, for people; "" where there is nothing to add */
};

/* judgement_of(snapshot, admin): of one of a snapshot of everybody. */
struct judgement judgement_of(const struct snapshot *snapshot, const struct admin *admin);

/*
 * judgement_alone(admin): of the document alone. Nobody else is taken to have its token, and the
 * front to be open: what was not judged is not refused.
 */
struct judgement judgement_alone(const struct admin *admin);

#endif
