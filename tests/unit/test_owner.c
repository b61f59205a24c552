/* SPDX-License-Identifier: MIT */
#include "base/owner.h"

#include <check.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/user.h"

Suite *owner_suite(void);

#define NOBODY 4242424

/* As /etc/passwd and /etc/group of Debian have them; another system's is passed over. */
START_TEST(test_alone)
{
    static const struct {
        uid_t user;
        gid_t group;
        const char *name; /* of the group */
        bool alone;
    } rows[] = {
        {1, 1, "daemon", true},           /* the same number */
        {5, 60, "games", true},           /* the same name */
        {1, 60, "games", false},          /* another's */
        {1, 100, "users", false},         /* nobody's */
        {65534, 65534, "nogroup", false}, /* the primary one of others */
        {1, 0, "root", false},
        {0, 0, "root", false},
    };
    int fd = open(".", O_RDONLY | O_CLOEXEC);

    ck_assert_int_ge(fd, 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct stat info = {.st_uid = rows[i].user, .st_gid = rows[i].group};
        const struct group *group = getgrgid(rows[i].group);

        if (group != NULL && strcmp(group->gr_name, rows[i].name) == 0)
            ck_assert_msg(owner_is_alone(fd, &info) == rows[i].alone, "%d", (int)i);
    }
    close(fd);
}
END_TEST

static void expect_name(uid_t user, const char *bare, const char *for_sudo)
{
    char *name = user_name(user);
    char *owner = owner_name(user);

    ck_assert_pstr_eq(name, bare);
    ck_assert_str_eq(owner, for_sudo);
    mem_free(name);
    mem_free(owner);
}

START_TEST(test_names)
{
    const struct passwd *entry = getpwuid(getuid());

    expect_name(0, "root", "root");
    expect_name(NOBODY, NULL, "'#4242424'");
    if (entry != NULL)
        expect_name(entry->pw_uid, entry->pw_name, entry->pw_name);
}
END_TEST

/* Only of root that sudo made one. */
START_TEST(test_began_us)
{
    bool is_root = geteuid() == 0;

    unsetenv("SUDO_UID");
    ck_assert(!owner_began_us(1000));
    setenv("SUDO_UID", "1000", 1);
    ck_assert_int_eq(owner_began_us(1000), is_root);
    ck_assert(!owner_began_us(1001));
    setenv("SUDO_UID", "1000x", 1);
    ck_assert(!owner_began_us(1000));
    setenv("SUDO_UID", "0", 1);
    ck_assert(!owner_began_us(0));
}
END_TEST

Suite *owner_suite(void)
{
    Suite *suite = suite_create("owner");
    TCase *tests = tcase_create("owner");

    tcase_add_test(tests, test_alone);
    tcase_add_test(tests, test_names);
    tcase_add_test(tests, test_began_us);
    suite_add_tcase(suite, tests);
    return suite;
}
