/* SPDX-License-Identifier: MIT */
#include "api/sign.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "io/crypto.h"

void sign_nonce(char nonce[SIGN_NONCE_LENGTH + 1])
{
    crypto_random_text(nonce, SIGN_NONCE_LENGTH);
}

void sign_make(const struct access *access, const struct sign_request *request,
               struct sign_headers *headers)
{
    uint8_t digest[CRYPTO_SHA256_SIZE];
    char *text = text_format("%s&%lld&%s&%s&%s", access->token, (long long)request->timestamp_s,
                             request->nonce, request->method, request->path);
    char *signature = NULL;

    crypto_hmac_sha256(access->secret, strlen(access->secret), text, strlen(text), digest);
    signature = crypto_base64(digest, sizeof digest);
    headers->line[SIGN_TOKEN] = text_format("Auth-Token: %s", access->token);
    headers->line[SIGN_TIMESTAMP] =
        text_format("Auth-Timestamp: %lld", (long long)request->timestamp_s);
    headers->line[SIGN_NONCE] = text_format("Auth-Nonce: %s", request->nonce);
    headers->line[SIGN_SIGNATURE] = text_format("Auth-Signature: %s", signature);
    mem_free(signature);
    mem_free(text);
    mem_wipe(digest, sizeof digest);
}

void sign_free(struct sign_headers *headers)
{
    for (int i = 0; i < SIGN_HEADER_COUNT; i++) {
        mem_free(headers->line[i]);
        headers->line[i] = NULL;
    }
}
