/* SPDX-License-Identifier: MIT */
/*
 * child.h - what several unit tests need: a process that may be spoilt, and a directory of their own.
 */
#ifndef UNIT_CHILD_H
#define UNIT_CHILD_H

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Any user but root and us. */
#define SOMEBODY_ELSE 65534

/* start_child(body, context): run body in a process of its own, which exits 0 if body returns. */
static inline pid_t start_child(void (*body)(void *context), void *context)
{
    sigset_t all;
    sigset_t before;
    pid_t child = -1;

    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    child = fork();
    if (child != 0)
        sigprocmask(SIG_SETMASK, &before, NULL);
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        /* Check catches some, who started us may ignore others: a shell does for a job behind it. */
        for (int i = 1; i < NSIG; i++)
            signal(i, SIG_DFL);
        sigprocmask(SIG_SETMASK, &before, NULL);
        body(context);
        _exit(0);
    }
    return child;
}

/* in_child(body, context): the same, and wait for its end: the wait status. */
static inline int in_child(void (*body)(void *context), void *context)
{
    pid_t child = start_child(body, context);
    int status = -1;

    while (waitpid(child, &status, 0) < 0)
        ck_assert_int_eq(errno, EINTR);
    return status;
}

static inline bool exited(int status, int code)
{
    return WIFEXITED(status) && WEXITSTATUS(status) == code;
}

/*
 * deny(call, argument, bits, why): from now on this system call fails with why where one of bits is set in that argument; bits 0:
 * always. For what no file system and no kernel here does by itself. Only inside in_child().
 */
static inline void deny(int call, unsigned argument, unsigned bits, int why)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)call, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                 (unsigned)(offsetof(struct seccomp_data, args) + 8 * argument)),
        BPF_JUMP((unsigned short)(BPF_JMP | (bits != 0 ? BPF_JSET : BPF_JGE) | BPF_K), bits, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ((unsigned)why & SECCOMP_RET_DATA)),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = sizeof(filter) / sizeof(filter[0]), .filter = filter};

    ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
    ck_assert_int_eq(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
}

/* become_somebody_else(): no longer root. Only inside in_child(). */
static inline void become_somebody_else(void)
{
    ck_assert_int_eq(setgroups(0, NULL), 0);
    ck_assert_int_eq(setgid(SOMEBODY_ELSE), 0);
    ck_assert_int_eq(setuid(SOMEBODY_ELSE), 0);
}

/* A new directory, and the working directory until folder_leave() removes it. */
static char folder[64];

static inline void folder_enter(void)
{
    snprintf(folder, sizeof(folder), "/tmp/pritunl-access-unit-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
}

static inline int folder_remove(const char *path, const struct stat *info, int kind,
                                struct FTW *place)
{
    (void)info;
    (void)kind;
    (void)place;
    return remove(path);
}

static inline void folder_leave(void)
{
    ck_assert_int_eq(chdir("/"), 0);
    nftw(folder, folder_remove, 16, FTW_DEPTH | FTW_PHYS);
}

/* A file with this content and exactly this mode. */
static inline void make_file(const char *path, const char *content, mode_t mode)
{
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(content, file), 0);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(chmod(path, mode), 0);
}

static inline void expect_content(const char *path, const char *text)
{
    char bytes[256] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_ge(read(fd, bytes, sizeof(bytes) - 1), 0);
    ck_assert_str_eq(bytes, text);
    close(fd);
}

static inline unsigned count_files(const char *path)
{
    DIR *files = opendir(path);
    const struct dirent *file = NULL;
    unsigned count = 0;

    ck_assert_ptr_nonnull(files);
    while ((file = readdir(files)) != NULL)
        count += strcmp(file->d_name, ".") != 0 && strcmp(file->d_name, "..") != 0;
    closedir(files);
    return count;
}

#endif
