/* SPDX-License-Identifier: MIT */
/*
 * configuration.h - settings from the user's and the system's JSON file, with their profiles.
 */
#ifndef CLI_CONFIGURATION_H
#define CLI_CONFIGURATION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "cli/settings.h"

/*
 * settings_from_files(settings, error)
 *
 * Read the user's and the system's file, with the chosen profile. Options and environment come
 * before: they choose file and profile. ERROR_USAGE for a file that cannot be trusted or parsed, an
 * unknown key or an unknown profile.
 */
bool settings_from_files(struct settings *settings, struct error *error);

/*
 * settings_with_profile(copy, settings, name, error)
 *
 * A copy of settings in which that profile counts instead of the chosen one, at the rank of its
 * file; checked. copy is to end with settings_clear() either way.
 */
bool settings_with_profile(struct settings *copy, const struct settings *settings, const char *name,
                           struct error *error);

/*
 * settings_profiles(settings, count): the names of all profiles, in the order of the files; to end
 * with mem_free(), the names not.
 */
const char **settings_profiles(const struct settings *settings, size_t *count);

#endif
