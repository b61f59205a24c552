/* SPDX-License-Identifier: MIT */
/*
 * aws_roles.h - temporary keys of AWS from whoever hands them out: a container's agent, the
 * instance's metadata service, the Security Token Service.
 */
#ifndef PLACE_AWS_ROLES_H
#define PLACE_AWS_ROLES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct http_url;
struct tls_judge;

/*
 * aws_trust(who, url, ca_bundle): the judge of that endpoint of AWS's; NULL for plain http, which
 * is warned about beyond loopback and link-local addresses. who is how the warning calls the
 * endpoint; NULL for none.
 */
struct tls_judge *aws_trust(const char *who, const struct http_url *url, const char *ca_bundle);

/* Each a new string; token NULL where there is none. To end with aws_keys_clear(). */
struct aws_keys {
    char *key;
    char *secret;
    char *token;
};
void aws_keys_clear(struct aws_keys *keys);

struct aws_limits {
    int64_t connect_timeout_ms; /* of the Security Token Service; the others have tighter ones */
    int64_t timeout_ms;
    const char *ca_bundle; /* or NULL */
};

/* The role to take, and how to reach who gives it; each but arn may be NULL. */
struct aws_role {
    const char *arn;
    const char *session;
    const char *external_id;
    const char *duration; /* seconds, as text */
    const char *token_file;
    const char *region;
    const char *endpoint;
};

/*
 * Each fills keys. False with error: ERROR_USAGE for what a variable or a
 * file says, ERROR_DATABASE with cause "source-unreachable" or "source-refused".
 */

/* aws_container(limits, keys, error): ECS, EKS pod identity; where, AWS_CONTAINER_… say. */
bool aws_container(const struct aws_limits *limits, struct aws_keys *keys, struct error *error);

/* aws_container_is_named(): is one of these variables set? */
bool aws_container_is_named(void);

/*
 * aws_metadata(limits, keys, error): EC2's instance metadata, version 2. However it fails, it has
 * cost no more than two seconds.
 */
bool aws_metadata(const struct aws_limits *limits, struct aws_keys *keys, struct error *error);

/* aws_assume(limits, role, by, keys, error): AssumeRole, signed by the keys of by. */
bool aws_assume(const struct aws_limits *limits, const struct aws_role *role,
                const struct aws_keys *by, struct aws_keys *keys, struct error *error);

/* aws_assume_by_token(limits, role, keys, error): AssumeRoleWithWebIdentity, by its token_file. */
bool aws_assume_by_token(const struct aws_limits *limits, const struct aws_role *role,
                         struct aws_keys *keys, struct error *error);

#endif
