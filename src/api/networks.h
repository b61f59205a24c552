/* SPDX-License-Identifier: MIT */
/*
 * networks.h - sets of IP networks, in the one spelling that Pritunl keeps them in; from plain
 * lines or AWS's published ranges.
 */
#ifndef API_NETWORKS_H
#define API_NETWORKS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "io/json.h"

#define NETWORK_TEXT_SIZE 64
#define NETWORKS_MAX 100000

struct networks {
    char **items; /* in the order in which they came, none twice (after networks_unique) */
    size_t count;
    size_t size;
};

/*
 * network_normalise(text, network, cut): "10.1.2.3" is 10.1.2.3/32, bits behind the prefix are
 * cleared (*cut, which may be NULL, says whether there were any), IPv6 in its short form. False for
 * what is no network.
 */
bool network_normalise(const char *text, char network[NETWORK_TEXT_SIZE], bool *cut);

void networks_add(struct networks *networks, const char *network);
void networks_clear(struct networks *networks);

/*
 * networks_unique(networks): of equal ones the first stays. networks_sort(networks),
 * networks_has(sorted, network): by bytes.
 */
void networks_unique(struct networks *networks);
void networks_sort(struct networks *networks);
bool networks_has(const struct networks *sorted, const char *network);

/*
 * networks_from_lines(text, networks, error): one a line, '#' begins a comment.
 * networks_from_aws(json, regions, count, networks, error): prefixes and ipv6_prefixes of
 * ip-ranges.json in these regions. ERROR_USAGE: not a network (with its line), no such region, none
 * at all, more than NETWORKS_MAX.
 */
bool networks_from_lines(const char *text, struct networks *networks, struct networks *cuts,
                         struct error *error);
bool networks_from_aws(const struct json *ranges, char *const *regions, size_t count,
                       struct networks *networks, struct error *error);

#endif
