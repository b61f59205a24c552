/* SPDX-License-Identifier: MIT */
/*
 * aws_settings.h - credentials, region and endpoint, from where every AWS program looks.
 *
 * Credentials come from the first of these that has some:
 *
 *   AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN
 *   the profile's role_arn, taken with source_profile's or credential_source's keys
 *   AWS_WEB_IDENTITY_TOKEN_FILE with AWS_ROLE_ARN, or the same of the profile
 *   the profile's own keys, in the credentials file or the configuration file
 *   the container's agent (AWS_CONTAINER_CREDENTIALS_RELATIVE_URI, …_FULL_URI)
 *   the instance's metadata service, unless AWS_EC2_METADATA_DISABLED is true
 *
 * What is not done (SSO, credential_process, a role that wants a code typed) is named.
 */
#ifndef PLACE_AWS_SETTINGS_H
#define PLACE_AWS_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "place/aws_roles.h"

/* The settings, each a new string; ca_bundle NULL where there is none. */
struct aws_settings {
    struct aws_keys keys;
    char *region;
    char *endpoint;
    char *ca_bundle;
};

/*
 * aws_settings_read(id, connect_timeout_ms, timeout_ms, settings, error)
 *
 * For the secret of that name or ARN, asking whoever hands out temporary keys, where no others are
 * there. settings is to end with aws_settings_clear() either way.
 *
 *   ERROR_USAGE     credentials or region are nowhere, or a file cannot be trusted
 *   ERROR_DATABASE  who hands them out cannot be reached, or refuses us: causes as in aws.h
 */
bool aws_settings_read(const char *id, int64_t connect_timeout_ms, int64_t timeout_ms,
                       struct aws_settings *settings, struct error *error);
void aws_settings_clear(struct aws_settings *settings);

#endif
