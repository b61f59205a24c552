/* SPDX-License-Identifier: MIT */
/* An _exit() that stops the process first, for who looks into its memory: preloaded, or linked into the static file. */
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

void _exit(int status)
{
    raise(SIGSTOP);
    syscall(SYS_exit_group, status);
    for (;;) {
    }
}
