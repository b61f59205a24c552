/* SPDX-License-Identifier: MIT */
/*
 * agree.h - show what is about to happen, and ask.
 */
#ifndef STEP_AGREE_H
#define STEP_AGREE_H

#include <stdbool.h>

#include "base/error.h"

struct agree_options {
    bool yes;     /* agreed to beforehand */
    bool dry_run; /* nothing is going to happen */
    bool json;    /* what is said to people stays back */
};

/*
 * agree(options, text, question, error)
 *
 * text (whole lines; "" where nothing is to happen: true at once) goes to stderr, and the question
 * is asked. With yes or dry_run it is not asked, and --quiet or json keep text back. ERROR_USAGE
 * where nobody agreed.
 */
bool agree(const struct agree_options *options, const char *text, const char *question,
           struct error *error);

#endif
