/* SPDX-License-Identifier: MIT */
#include "pritunl/access.h"

#include <stddef.h>

#include "base/mem.h"

struct access *access_new(const char *administrator, const char *token, const char *secret)
{
    struct access *access = mem_zero(1, sizeof *access);

    access->administrator = mem_text(administrator);
    access->token = mem_text(token);
    access->secret = mem_text(secret);
    return access;
}

void access_free(struct access *access)
{
    if (access == NULL)
        return;
    mem_free(access->administrator);
    mem_free(access->url);
    mem_free(access->url_from);
    mem_free(access->token);
    mem_free(access->secret);
    mem_free(access);
}

void access_set_url(struct access *access, const char *url, const char *from)
{
    mem_free(access->url);
    mem_free(access->url_from);
    access->url = mem_text(url);
    access->url_from = mem_text(from);
}
