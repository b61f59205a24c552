/* SPDX-License-Identifier: MIT */
#include "pritunl/version.h"

#include <stdbool.h>
#include <stdlib.h>

#define PARTS 4

struct version {
    long part[PARTS];
};

static bool read_version(const char *text, struct version *version)
{
    *version = (struct version){0};
    for (int i = 0; text != NULL && i < PARTS; i++) {
        char *end = NULL;

        if (*text < '0' || *text > '9')
            return false;
        version->part[i] = strtol(text, &end, 10);
        if (*end == '\0')
            return i > 0;
        if (*end != '.')
            return false;
        text = end + 1;
    }
    return false;
}

static int compare_versions(const struct version *left, const struct version *right)
{
    for (int i = 0; i < PARTS; i++)
        if (left->part[i] != right->part[i])
            return left->part[i] < right->part[i] ? -1 : 1;
    return 0;
}

/* The oldest and the newest of the cluster; false where none is known. */
static bool find_range(const struct server *server, struct version *oldest, struct version *newest)
{
    struct version each;
    bool found = server != NULL && read_version(server->version, oldest);

    if (found)
        *newest = *oldest;
    for (size_t i = 0; server != NULL && i < server->host_count; i++) {
        if (!server->hosts[i].online || !read_version(server->hosts[i].version, &each))
            continue;
        if (!found || compare_versions(&each, oldest) < 0)
            *oldest = each;
        if (!found || compare_versions(&each, newest) > 0)
            *newest = each;
        found = true;
    }
    return found;
}

enum known version_since(const struct server *server, const char *version)
{
    struct version wanted;
    struct version oldest;
    struct version newest;

    if (!read_version(version, &wanted) || !find_range(server, &oldest, &newest))
        return KNOWN_NOT;
    if (compare_versions(&oldest, &wanted) >= 0)
        return KNOWN_YES;
    return compare_versions(&newest, &wanted) < 0 ? KNOWN_NO : KNOWN_NOT;
}

enum known version_is(const struct server *server, const char *version)
{
    struct version wanted;
    struct version oldest;
    struct version newest;

    if (!read_version(version, &wanted) || !find_range(server, &oldest, &newest))
        return KNOWN_NOT;
    if (compare_versions(&oldest, &wanted) > 0 || compare_versions(&newest, &wanted) < 0)
        return KNOWN_NO;
    return compare_versions(&oldest, &newest) == 0 ? KNOWN_YES : KNOWN_NOT;
}
