/* SPDX-License-Identifier: MIT */
#include "base/user.h"

#include <pthread.h>
#include <pwd.h>
#include <stddef.h>
#include <stdio.h>

#include "base/mem.h"

#define USERS "/etc/passwd"
#define RECORD_SIZE ((size_t)256 * 1024)

/* An entry is in memory of the C library's own, one for all threads. */
static char *name_in_file(uid_t user)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    FILE *users = fopen(USERS, "re");
    const struct passwd *entry = NULL;
    char *name = NULL;

    if (users == NULL)
        return NULL;
    pthread_mutex_lock(&lock);
    while (name == NULL && (entry = fgetpwent(users)) != NULL)
        if (entry->pw_uid == user)
            name = mem_text(entry->pw_name);
    pthread_mutex_unlock(&lock);
    fclose(users);
    return name;
}

static char *name_by_modules(uid_t user)
{
    char *record = mem_alloc(RECORD_SIZE);
    struct passwd entry;
    struct passwd *found = NULL;
    char *name = NULL;

    if (getpwuid_r(user, &entry, record, RECORD_SIZE, &found) == 0 && found != NULL)
        name = mem_text(entry.pw_name);
    mem_free(record);
    return name;
}

char *user_name(uid_t user)
{
    char *name = name_in_file(user);

    return name != NULL ? name : name_by_modules(user);
}
