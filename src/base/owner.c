/* SPDX-License-Identifier: MIT */
#include "base/owner.h"

#include <grp.h>
#include <limits.h>
#include <pthread.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/user.h"

#define RECORD_SIZE ((size_t)256 * 1024) /* for one line of the group database */

static bool has_access_list(int fd)
{
    return fgetxattr(fd, "system.posix_acl_access", NULL, 0) > 0;
}

/* Is it somebody else's primary group? The list of users is one for all threads. */
static bool is_primary_elsewhere(gid_t group, uid_t user)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    const struct passwd *entry = NULL;
    bool elsewhere = false;

    pthread_mutex_lock(&lock);
    setpwent();
    while (!elsewhere && (entry = getpwent()) != NULL)
        elsewhere = entry->pw_gid == group && entry->pw_uid != user;
    endpwent();
    pthread_mutex_unlock(&lock);
    return elsewhere;
}

/* The group's entry: is it named after the user (or has the same number), without other members? */
static bool is_named_after(gid_t group, uid_t user)
{
    char *record = mem_alloc(RECORD_SIZE);
    char *name = user_name(user);
    struct group entry;
    struct group *found = NULL;
    bool after = false;

    if (getgrgid_r(group, &entry, record, RECORD_SIZE, &found) != 0)
        found = NULL;
    after = group == user || (found != NULL && name != NULL && text_equal(entry.gr_name, name));
    for (char **member = found != NULL ? entry.gr_mem : NULL;
         after && member != NULL && *member != NULL; member++)
        after = text_equal(*member, name);
    mem_free(name);
    mem_free(record);
    return after;
}

static bool is_private(gid_t group, uid_t user)
{
    return group != 0 && is_named_after(group, user) && !is_primary_elsewhere(group, user);
}

bool owner_is_alone(int fd, const struct stat *info)
{
    return !has_access_list(fd) &&
           (is_private(info->st_gid, info->st_uid) || is_private(info->st_gid, geteuid()));
}

char *owner_name(uid_t user)
{
    char *name = user_name(user);

    return name != NULL ? name : text_format("'#%lu'", (unsigned long)user);
}

bool owner_began_us(uid_t user)
{
    const char *text = getenv("SUDO_UID");
    long number = 0;

    return geteuid() == 0 && text != NULL && text_number(text, 1, INT_MAX, &number) &&
           (uid_t)number == user;
}
