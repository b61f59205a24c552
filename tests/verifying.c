/* SPDX-License-Identifier: MIT */
/*
 * verifying.c - disable and forget as they would be if each of their changes were verified.
 *
 * Both plan several changes, and one holds temporary administrators of the same snapshot, while the
 * first change is made already. They verify nothing today; whether they could is a matter of who
 * owns what was read. Linked in place of the two commands, for tests/e2e/test_ownership.py.
 */
#include "step/change_run.h"

static bool do_verified(struct change_run *runs, size_t count, struct error *error)
{
    for (size_t i = 0; i < count; i++)
        runs[i].wants_verify = true;
    return change_runs_do(runs, count, error);
}

#define change_runs_do(runs, count, error) do_verified(runs, count, error)
#define change_run_do(run, error) do_verified(run, 1, error)

#include "cmd/disable.c" /* NOLINT */
#include "cmd/forget.c"  /* NOLINT */
