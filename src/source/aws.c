/* SPDX-License-Identifier: MIT */
#include "io/aws.h"

#include "format/format.h"
#include "pritunl/cause.h"
#include "source/source.h"

bool source_aws(const struct source_config *config, const char *id, struct pairs *pairs,
                struct error *error)
{
    struct buf text = BUF_EMPTY(AWS_SECRET_MAX);
    struct aws *aws = aws_open(id, config->connect_timeout_ms, config->timeout_ms, error);
    bool found = false;
    bool done = aws != NULL && aws_get(aws, &text, &found, error);

    if (done && !found) {
        done = error_set(error, ERROR_NOT_FOUND, "there is no AWS secret %s", id);
        error_because(error, cause_name(CAUSE_TOKEN_UNKNOWN));
    } else if (done && format_decode(buf_text(&text), text.length, pairs) == NULL) {
        done = error_set(error, ERROR_NOT_FOUND,
                         "the AWS secret %s is no JSON object of names and values", id);
        error_because(error, cause_name(CAUSE_TOKEN_UNKNOWN));
    }
    buf_free(&text);
    aws_free(aws);
    return done;
}
