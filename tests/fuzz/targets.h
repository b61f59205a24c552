/* SPDX-License-Identifier: MIT */
/*
 * targets.h - every reader of bytes from outside, as a function over bytes: for make fuzz, and for
 * tests/unit/test_corpora.c, which reads once more whatever was worth keeping.
 */
#ifndef FUZZ_TARGETS_H
#define FUZZ_TARGETS_H

#include <stddef.h>

struct fuzz_target {
    const char *name;                               /* of its folder in tests/fuzz/corpus, too */
    void (*read)(const char *bytes, size_t length); /* a NUL stands behind the last */
};

extern const struct fuzz_target fuzz_targets[];
extern const size_t fuzz_target_count;

/* fuzz_begin(): once, before any of them. */
void fuzz_begin(void);

/* fuzz_find(name): NULL where there is none. */
const struct fuzz_target *fuzz_find(const char *name);

#endif
