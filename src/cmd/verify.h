/* SPDX-License-Identifier: MIT */
/*
 * verify.h - the answers of `verify`, one or many, for doctor too.
 */
#ifndef CMD_VERIFY_H
#define CMD_VERIFY_H

#include "base/error.h"
#include "cmd/verify_answer.h"
#include "step/session.h"

/*
 * verify_every_host(session, jobs, answers, count, error)
 *
 * The session's administrator on every online host, so many side by side. *answers is the caller's,
 * to end with verify_answers_free(). False with ERROR_API where no host is online.
 */
bool verify_every_host(const struct session *session, size_t jobs, struct verify_answer **answers,
                       size_t *count, struct error *error);
void verify_answers_free(struct verify_answer *answers, size_t count);

#endif
