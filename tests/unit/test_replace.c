/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

#include "base/file_replace.h"
#include "child.h"

Suite *replace_suite(void);

static const struct file_attributes private_file = {
    .mode = 0600, .owner = FILE_OWNER_UNCHANGED, .group = FILE_GROUP_UNCHANGED};

static bool replace_as(const char *path, const char *text, const struct file_attributes *attributes,
                       bool *changed, struct error *error)
{
    struct buf content = BUF_EMPTY(BUF_MAX);
    bool done = false;

    ck_assert(buf_add_text(&content, text));
    done = file_replace(path, &content, attributes, changed, error);
    buf_free(&content);
    return done;
}

static bool replace(const char *path, const char *text, struct error *error)
{
    bool changed = false;

    return replace_as(path, text, &private_file, &changed, error) && changed;
}

static void expect_refused(const char *path, const char *why)
{
    struct error error = {0};
    bool changed = true;

    ck_assert_msg(!replace_as(path, "SECRET", &private_file, &changed, &error), "%s", path);
    ck_assert(!changed);
    ck_assert_int_eq(error.kind, ERROR_OUTPUT);
    ck_assert_msg(strstr(error.text, why) != NULL, "%s", error.text);
    ck_assert_ptr_null(strstr(error.text, "SECRET"));
}

/* Exactly this mode, whatever the umask. */
START_TEST(test_mode)
{
    static const mode_t modes[] = {0600, 0644, 0640, 0400, 0666, 0, 0755};
    static const mode_t masks[] = {0, 077, 0777};
    struct error error = {0};
    struct stat info = {0};

    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        for (size_t j = 0; j < sizeof(masks) / sizeof(masks[0]); j++) {
            struct file_attributes attributes = private_file;
            bool changed = false;

            attributes.mode = modes[i];
            umask(masks[j]);
            ck_assert(replace_as("file", masks[j] == 0 ? "a" : "b", &attributes, &changed, &error));
            ck_assert_int_eq(lstat("file", &info), 0);
            ck_assert_uint_eq(info.st_mode, S_IFREG | modes[i]);
            ck_assert_uint_eq(info.st_uid, geteuid());
        }
    }
    ck_assert_uint_eq(count_files("."), 1);
}
END_TEST

START_TEST(test_replaces)
{
    struct error error = {0};
    struct stat before = {0};
    struct stat after = {0};

    make_file("file", "old", 0600);
    ck_assert_int_eq(link("file", "kept"), 0);
    ck_assert_int_eq(stat("file", &before), 0);
    ck_assert(replace("file", "new", &error));
    ck_assert_int_eq(error.kind, ERROR_NONE);
    ck_assert_int_eq(stat("file", &after), 0);
    ck_assert_uint_ne(before.st_ino, after.st_ino);
    expect_content("file", "new");
    expect_content("kept", "old");
    ck_assert_int_eq(mkdir("sub", 0700), 0);
    ck_assert(replace("sub/file", "", &error));
    expect_content("sub/file", "");
    ck_assert(replace("./sub/../sub//file", "x", &error));
    expect_content("sub/file", "x");
    ck_assert_uint_eq(count_files("."), 3);
    ck_assert_uint_eq(count_files("sub"), 1);
}
END_TEST

static bool touched(const char *text, mode_t mode)
{
    static const struct timespec long_ago[2] = {{.tv_sec = 1000000000}, {.tv_sec = 1000000000}};
    struct file_attributes attributes = private_file;
    struct error error = {0};
    struct stat before = {0};
    struct stat after = {0};
    bool changed = true;

    attributes.mode = mode;
    make_file("file", "content", 0600);
    ck_assert_int_eq(utimensat(AT_FDCWD, "file", long_ago, 0), 0);
    ck_assert_int_eq(stat("file", &before), 0);
    ck_assert(replace_as("file", text, &attributes, &changed, &error));
    ck_assert_int_eq(stat("file", &after), 0);
    ck_assert(changed == (before.st_ino != after.st_ino));
    ck_assert(changed == (after.st_mtime != 1000000000));
    ck_assert(changed || (before.st_ctim.tv_nsec == after.st_ctim.tv_nsec &&
                          before.st_ctime == after.st_ctime));
    expect_content("file", text);
    ck_assert_int_eq(unlink("file"), 0);
    return changed;
}

START_TEST(test_unchanged)
{
    ck_assert(!touched("content", 0600));
    ck_assert(touched("content", 0640));
    ck_assert(touched("Content", 0600));
    ck_assert(touched("contenT", 0600));
    ck_assert(touched("conten", 0600));
    ck_assert(touched("content!", 0600));
    ck_assert(touched("", 0600));
}
END_TEST

START_TEST(test_no_ordinary_file)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "socket"};
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    struct stat info = {0};

    make_file("target", "old", 0600);
    ck_assert_int_eq(symlink("target", "link"), 0);
    ck_assert_int_eq(symlink("nowhere", "dangling"), 0);
    ck_assert_int_eq(mkdir("directory", 0700), 0);
    ck_assert_int_eq(mkfifo("fifo", 0600), 0);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&name, sizeof(name)), 0);
    expect_refused("link", "a symbolic link");
    expect_refused("dangling", "a symbolic link");
    expect_refused("directory", "a directory");
    expect_refused("directory/", "a directory");
    expect_refused("directory/.", "a directory");
    expect_refused("directory/..", "a directory");
    expect_refused("/", "a directory");
    expect_refused("fifo", "a FIFO");
    expect_refused("socket", "a socket");
    expect_refused("", "no file is named");
    expect_refused("missing/file", "No such file or directory");
    expect_refused("target/file", "Not a directory");
    if (geteuid() == 0 && mknod("device", S_IFCHR | 0600, makedev(1, 3)) == 0) {
        expect_refused("device", "a device");
        ck_assert_int_eq(unlink("device"), 0);
    }
    expect_content("target", "old");
    ck_assert_int_eq(lstat("link", &info), 0);
    ck_assert(S_ISLNK(info.st_mode));
    ck_assert_int_eq(lstat("nowhere", &info), -1);
    ck_assert_uint_eq(count_files("."), 6);
    ck_assert_uint_eq(count_files("directory"), 0);
    close(listener);
}
END_TEST

START_TEST(test_long_name)
{
    char name[300] = "";
    struct error error = {0};

    memset(name, 'n', sizeof(name) - 1);
    expect_refused(name, strerror(ENAMETOOLONG));
    name[255] = '\0';
    ck_assert(replace(name, "x", &error));
    ck_assert_uint_eq(count_files("."), 1);
}
END_TEST

START_TEST(test_directory_of_others)
{
    struct error error = {0};

    ck_assert_int_eq(mkdir("a b", 0700), 0);
    ck_assert_int_eq(chmod("a b", 0777), 0);
    ck_assert(!replace("a b/file", "x", &error));
    ck_assert_ptr_nonnull(strstr(error.text, "everybody may write to its directory a b"));
    ck_assert_str_eq(error.attempt, "chmod go-w 'a b'");
    ck_assert_int_eq(chmod("a b", 0770), 0);
    expect_refused("a b/file", "a group may write to its directory a b");
    ck_assert_uint_eq(count_files("a b"), 0);
    ck_assert_int_eq(chmod("a b", 01777), 0);
    ck_assert(replace("a b/file", "x", &error));
    if (geteuid() == 0) {
        ck_assert_int_eq(chown("a b", SOMEBODY_ELSE, SOMEBODY_ELSE), 0);
        expect_refused("a b/file", "belongs to another user (65534)");
    }
    ck_assert(!replace("missing dir/file", "x", &error));
    ck_assert_str_eq(error.attempt, "mkdir -p 'missing dir'");
}
END_TEST

static void replace_as_somebody_else(void *context)
{
    struct file_attributes given = private_file;
    struct error error = {0};
    bool changed = true;

    (void)context;
    become_somebody_else();
    given.owner = 0;
    /* /tmp's kind: root's, and sticky. */
    ck_assert(replace("sticky/file", "x", &error));
    ck_assert(!replace_as("sticky/file", "y", &given, &changed, &error));
    ck_assert_int_eq(error.kind, ERROR_OUTPUT);
    ck_assert_str_eq(error.text, "sticky/file: cannot be given to user 0: Operation not permitted");
    ck_assert(!changed);
    given = private_file;
    given.group = 0;
    ck_assert(!replace_as("sticky/file", "y", &given, &changed, &error));
    ck_assert_str_eq(error.text,
                     "sticky/file: cannot be given to group 0: Operation not permitted");
    /* Root's file there cannot be replaced; what was written goes. */
    expect_refused("sticky/of-root", "Operation not permitted");
    expect_refused("root-only/file", "Permission denied");
    expect_refused("read-only/file", "Permission denied");
    expect_content("sticky/file", "x");
}

START_TEST(test_without_permission)
{
    if (geteuid() != 0)
        return;
    ck_assert_int_eq(chmod(".", 0755), 0);
    ck_assert_int_eq(mkdir("sticky", 0700), 0);
    ck_assert_int_eq(chmod("sticky", 01777), 0);
    make_file("sticky/of-root", "x", 0600);
    ck_assert_int_eq(mkdir("root-only", 0755), 0);
    ck_assert_int_eq(mkdir("read-only", 0700), 0);
    make_file("read-only/file", "old", 0600);
    ck_assert_int_eq(chown("read-only/file", SOMEBODY_ELSE, SOMEBODY_ELSE), 0);
    ck_assert_int_eq(chown("read-only", SOMEBODY_ELSE, SOMEBODY_ELSE), 0);
    ck_assert_int_eq(chmod("read-only", 0555), 0);
    ck_assert(exited(in_child(replace_as_somebody_else, NULL), 0));
    expect_content("sticky/of-root", "x");
    expect_content("read-only/file", "old");
    ck_assert_uint_eq(count_files("sticky"), 2);
    ck_assert_uint_eq(count_files("root-only"), 0);
}
END_TEST

START_TEST(test_owner_and_group)
{
    struct file_attributes given = {.mode = 0640, .owner = 1234, .group = 4321};
    struct error error = {0};
    struct stat info = {0};
    bool changed = false;

    if (geteuid() != 0)
        return;
    for (int round = 0; round < 2; round++) {
        ck_assert(replace_as("file", "x", &given, &changed, &error));
        ck_assert(changed == (round == 0));
        ck_assert_int_eq(stat("file", &info), 0);
        ck_assert_uint_eq(info.st_uid, 1234);
        ck_assert_uint_eq(info.st_gid, 4321);
        ck_assert_uint_eq(info.st_mode & 07777, 0640);
    }
    /* "Unchanged" means ours: somebody else's file is not one that is already right. */
    for (int round = 0; round < 2; round++) {
        make_file("other", "x", 0600);
        ck_assert_int_eq(chown("other", round == 0 ? 1234 : 0, round == 0 ? 0 : 4321), 0);
        ck_assert(replace("other", "x", &error));
        ck_assert_int_eq(stat("other", &info), 0);
        ck_assert_uint_eq(info.st_uid, 0);
        ck_assert_uint_eq(info.st_gid, getegid());
    }
    /* A set-group-ID directory gives its group. */
    ck_assert_int_eq(mkdir("team", 0755), 0);
    ck_assert_int_eq(chown("team", 0, 4321), 0);
    ck_assert_int_eq(chmod("team", 02755), 0);
    ck_assert(replace("team/file", "x", &error));
    ck_assert(!replace("team/file", "x", &error));
    ck_assert_int_eq(stat("team/file", &info), 0);
    ck_assert_uint_eq(info.st_gid, 4321);
}
END_TEST

Suite *replace_suite(void)
{
    Suite *suite = suite_create("replace");
    TCase *tests = tcase_create("replace");

    tcase_add_checked_fixture(tests, folder_enter, folder_leave);
    tcase_add_test(tests, test_mode);
    tcase_add_test(tests, test_replaces);
    tcase_add_test(tests, test_unchanged);
    tcase_add_test(tests, test_no_ordinary_file);
    tcase_add_test(tests, test_long_name);
    tcase_add_test(tests, test_directory_of_others);
    tcase_add_test(tests, test_without_permission);
    tcase_add_test(tests, test_owner_and_group);
    suite_add_tcase(suite, tests);
    return suite;
}
