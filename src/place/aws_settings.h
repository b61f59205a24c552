/* SPDX-License-Identifier: MIT */
/*
 * aws_settings.h - credentials, region and endpoint, from where every AWS program looks (aws.h).
 */
#ifndef PLACE_AWS_SETTINGS_H
#define PLACE_AWS_SETTINGS_H

#include <stdbool.h>

#include "base/error.h"

/* The settings, each a new string; token NULL where there is none. */
struct aws_settings {
    char *key;
    char *secret;
    char *token;
    char *region;
    char *endpoint;
};

/*
 * aws_settings_read(id, settings, error): ERROR_USAGE where credentials or region are nowhere, or a
 * file cannot be trusted. settings is to end with aws_settings_clear() either way.
 */
bool aws_settings_read(const char *id, struct aws_settings *settings, struct error *error);
void aws_settings_clear(struct aws_settings *settings);

#endif
