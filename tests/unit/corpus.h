/* SPDX-License-Identifier: MIT */
/* corpus.h - the files of a target in tests/fuzz/corpus. Run from the checkout's root, as make does. */
#ifndef UNIT_CORPUS_H
#define UNIT_CORPUS_H

#include "../fuzz/targets.h"

/*
 * corpus_each(target, begin, each): each file whose name begins so; behind the last of its bytes
 * stands a NUL. How many there are.
 */
int corpus_each(const struct fuzz_target *target, const char *begin,
                void (*each)(const struct fuzz_target *target, const char *bytes, size_t length));

#endif
