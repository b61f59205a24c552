/* SPDX-License-Identifier: MIT */
#include "api/locate.h"
#include "api/endpoints.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "base/busy.h"
#include "base/clock.h"

struct runner {
    struct contact *contact; /* NULL where it could not begin */
    enum cause cause;
    bool judged;
};

struct race {
    struct runner runners[LOCATE_MAX];
    size_t count;
    int notify[2];
    const char *certificate;
};

static void start_race(struct race *race, const struct endpoints *endpoints,
                       const struct contact_options *options)
{
    struct contact_options each = *options;
    struct error ignored;

    each.notify_fd = race->notify[1];
    for (race->count = 0; race->count < endpoints->count && race->count < LOCATE_MAX;
         race->count++) {
        each.url = endpoints->items[race->count].url;
        race->runners[race->count] = (struct runner){.contact = contact_begin(&each, &ignored)};
    }
}

/*
 * Judge whoever came in; returns the best-ranked good one, or -1. *open: somebody better-ranked
 * than it still runs.
 */
static int best_runner(struct race *race, bool *open)
{
    *open = false;
    for (size_t i = 0; i < race->count; i++) {
        struct runner *runner = &race->runners[i];

        if (runner->contact == NULL)
            continue;
        if (!runner->judged && !contact_is_done(runner->contact)) {
            *open = true;
            continue;
        }
        if (!runner->judged)
            runner->cause = contact_judge(runner->contact, race->certificate);
        runner->judged = true;
        if (runner->cause == CAUSE_NONE)
            return (int)i;
    }
    return -1;
}

static int run_race(struct race *race)
{
    int64_t deadline_ms = -1;
    bool open = false;

    for (;;) {
        struct pollfd ready = {.fd = race->notify[0], .events = POLLIN};
        int winner = best_runner(race, &open);
        int64_t wait_ms = 1000; /* a lost notification is found out by looking again */
        char bytes[LOCATE_MAX];

        if (!open)
            return winner;
        if (winner >= 0 && deadline_ms < 0)
            deadline_ms = clock_monotonic_ms() + LOCATE_GRACE_MS;
        if (winner >= 0)
            wait_ms = deadline_ms - clock_monotonic_ms();
        if (wait_ms <= 0)
            return winner;
        if (poll(&ready, 1, (int)wait_ms) > 0 && read(race->notify[0], bytes, sizeof bytes) < 0)
            return winner;
    }
}

/* Nobody was good: whoever was reached at all says most about why. */
static int least_bad(const struct race *race)
{
    for (size_t i = 0; i < race->count; i++) {
        enum cause cause = race->runners[i].cause;

        if (race->runners[i].contact != NULL && cause != CAUSE_DNS && cause != CAUSE_UNREACHABLE &&
            cause != CAUSE_TIMEOUT)
            return (int)i;
    }
    return 0;
}

static struct contact *open_only(const struct endpoints *endpoints,
                                 const struct contact_options *options, const char *certificate,
                                 const struct endpoint **chosen, enum cause *cause)
{
    struct contact_options only = *options;
    struct error ignored;
    struct contact *contact = NULL;

    only.url = endpoints->items[0].url;
    only.notify_fd = 0;
    contact = contact_open(&only, &ignored);
    if (contact == NULL)
        return NULL;
    *cause = contact_judge(contact, certificate);
    *chosen = &endpoints->items[0];
    return contact;
}

struct contact *locate(const struct endpoints *endpoints, const struct contact_options *options,
                       const char *certificate, const struct endpoint **chosen, enum cause *cause)
{
    struct race race = {.certificate = certificate};
    struct contact *contact = NULL;
    int winner = -1;

    *cause = CAUSE_NONE;
    if (endpoints->count == 0)
        return NULL;
    if (endpoints->count == 1 || pipe2(race.notify, O_CLOEXEC) != 0)
        return open_only(endpoints, options, certificate, chosen, cause);
    start_race(&race, endpoints, options);
    busy_begin("waiting for the first of %zu addresses", race.count);
    winner = run_race(&race);
    busy_end();
    if (winner < 0)
        winner = least_bad(&race);
    for (size_t i = 0; i < race.count; i++)
        if ((int)i != winner)
            contact_abandon(race.runners[i].contact);
    /*
     * The pipe stays open: an abandoned contact may still write to it, and must not hit another
     * file of that number.
     */
    contact = race.runners[winner].contact;
    *chosen = &endpoints->items[winner];
    *cause = race.runners[winner].cause;
    return contact;
}
