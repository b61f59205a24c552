/* SPDX-License-Identifier: MIT */
/* What libFuzzer calls: the target that $FUZZ_TARGET names, over bytes in a block of their size. */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "targets.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static const struct fuzz_target *target;
static const int crashes[] = {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL};

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    const char *name = getenv("FUZZ_TARGET");

    (void)argc;
    (void)argv;
    target = name != NULL ? fuzz_find(name) : NULL;
    if (target == NULL) {
        fprintf(stderr, "FUZZ_TARGET must be one of:\n");
        for (size_t i = 0; i < fuzz_target_count; i++)
            fprintf(stderr, "%s\n", fuzz_targets[i].name);
        exit(2);
    }
    /* The program's own handlers come before main(); libFuzzer takes no place that is taken. */
    for (size_t i = 0; i < sizeof(crashes) / sizeof(*crashes); i++)
        signal(crashes[i], SIG_DFL);
    fuzz_begin();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    char *exact = mem_copy(bytes, length);

    target->read(exact, length);
    mem_free(exact);
    return 0;
}
