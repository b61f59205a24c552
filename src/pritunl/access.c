/* SPDX-License-Identifier: MIT */
#include "pritunl/access.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"

#define TOKEN_MAX                                                                                  \
    256 /* Pritunl cuts the header to this many characters before it looks the token up */

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

const char *access_token_fault(const char *token)
{
    if (*token == '\0')
        return "empty";
    if (strlen(token) > TOKEN_MAX)
        return "longer than the 256 characters that the server looks at";
    if (*token == ' ' || text_ends(token, " "))
        return "text with a blank at an end, which no header carries";
    for (const char *p = token; *p != '\0'; p++)
        if (*p < ' ' || *p > '~')
            return "text with a character that no header carries";
    return NULL;
}

size_t access_secret_length(const char *secret)
{
    size_t count = 0;

    for (; *secret != '\0'; secret++)
        count += ((unsigned char)*secret & 0xC0) != 0x80;
    return count;
}
