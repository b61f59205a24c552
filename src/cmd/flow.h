/* SPDX-License-Identifier: MIT */
/*
 * flow.h - the one way a value goes: settings, contact (begin), source, contact (judge), verify.
 *
 * A command calls these in this order and stops where it has what it needs. Only the source mongodb
 * brings a database with it: with any other db, snapshot and admin are NULL, and access is there.
 */
#ifndef CMD_FLOW_H
#define CMD_FLOW_H

#include <stdbool.h>

#include "api/contact.h"
#include "api/verify.h"
#include "base/error.h"
#include "cli/settings.h"
#include "pritunl/access.h"
#include "pritunl/snapshot.h"

struct flow {
    const struct settings *settings;
    const char *wanted;      /* the administrator's name, or NULL for the contract's choice */
    struct contact *contact; /* begun, or found; NULL until then */
    char *url_from;          /* where the contact's URL came from; NULL until flow_reach() */
    enum cause found;        /* what finding a URL showed; CAUSE_NONE for a given one */
    struct db *db;
    bool on_host; /* this machine is a host of the cluster */
    bool told;    /* of temporary administrators that have expired */
    bool whole;   /* everybody is read, though one may be wanted: others are part of the answer */
    bool writes;  /* read from the primary: what is read decides a write */
    /* the database is waited for no longer than this; 0: as the settings say */
    int64_t patience_ms;
    struct snapshot *snapshot; /* what was read last; NULL before */
    const struct admin *admin; /* owned by snapshot; NULL where the pair is not from a database */
    struct access *access;     /* NULL where the document cannot sign */
};

/*
 * flow_init(flow, settings, name): name as the command line gives it, or NULL: then the setting's.
 */
void flow_init(struct flow *flow, const struct settings *settings, const char *name);
void flow_clear(struct flow *flow);

/*
 * flow_begin(flow, error): where the URL is known, connect to it in the background. ERROR_USAGE for
 * a bad URL, pin or CA file.
 */
bool flow_begin(struct flow *flow, struct error *error);

/* flow_open(flow, error): the database, unread. */
bool flow_open(struct flow *flow, struct error *error);

/*
 * flow_survey(flow, query, error): a new snapshot in place of the one that was there; whoever is
 * still to be used of that one must be copied before. The errors of snapshot_read().
 */
bool flow_survey(struct flow *flow, const struct snapshot_query *query, struct error *error);

/*
 * flow_read(flow, error)
 *
 * The pair, from the first source that has one: with mongodb the database is opened, and admin set.
 * Where no source has one, the last one's error: ERROR_UNUSABLE, or for mongodb as
 * snapshot_pick says.
 */
bool flow_read(struct flow *flow, struct error *error);

/*
 * flow_only_database(flow, what, error): is mongodb the only source? Else ERROR_USAGE: what (an
 * option, a command) needs the database.
 */
bool flow_only_database(const struct flow *flow, const char *what, struct error *error);

/* flow_name(flow): the administrator's username, or NULL where the source does not know it. */
const char *flow_name(const struct flow *flow);

/* flow_pair(flow): (again) make access of the administrator that is set (which is not NULL). */
void flow_pair(struct flow *flow);

/*
 * flow_place(flow, url, from, error): the URL as it would be used, without asking it: the
 * setting's, the one that is stored with the pair, or the best one that the database names. Both
 * new strings. ERROR_USAGE where none is known.
 */
bool flow_place(const struct flow *flow, char **url, char **from, struct error *error);

/*
 * flow_reach(flow, error): have a contact, and the URL in access. ERROR_USAGE where no URL is
 * known.
 */
bool flow_reach(struct flow *flow, struct error *error);

/* flow_verify(flow, result): the verdict; flow_reach() came before. */
void flow_verify(struct flow *flow, struct verify_result *result);

/*
 * flow_usable(flow, error): is there a pair that could be handed over? ERROR_UNUSABLE with cause
 * and remedy.
 */
bool flow_usable(const struct flow *flow, struct error *error);

/*
 * flow_certificate(flow): the PEM that the database holds, or NULL. flow_contact_options: how to
 * reach url.
 */
const char *flow_certificate(const struct flow *flow);
struct contact_options flow_contact_options(const struct settings *settings, const char *url);

#endif
