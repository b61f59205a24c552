/* SPDX-License-Identifier: MIT */
/*
 * Linked into build/cover with --wrap: the program ends by _exit, becomes another one, or ends by
 * SIGPIPE, and none of these writes the counts. gcc would see to execve itself, but not in strict
 * C11. What comes back from one goes on counting from nothing.
 */
#include <signal.h>
#include <unistd.h>

void __gcov_dump(void);
void __gcov_reset(void);
_Noreturn void __real__exit(int status);
_Noreturn void __wrap__exit(int status);
int __real_execve(const char *path, char *const argv[], char *const environment[]);
int __wrap_execve(const char *path, char *const argv[], char *const environment[]);
int __real_raise(int number);
int __wrap_raise(int number);

_Noreturn void __wrap__exit(int status)
{
    __gcov_dump();
    __real__exit(status);
}

int __wrap_execve(const char *path, char *const argv[], char *const environment[])
{
    __gcov_dump();
    __real_execve(path, argv, environment);
    __gcov_reset();
    return -1;
}

int __wrap_raise(int number)
{
    int result = 0;

    if (number != SIGPIPE)
        return __real_raise(number);
    __gcov_dump();
    result = __real_raise(number);
    __gcov_reset();
    return result;
}
