/* SPDX-License-Identifier: MIT */
#include "place/directory.h"
#include "base/file_replace.h"

#include <string.h>

#include "base/directory.h"
#include "base/mem.h"

static bool is_ours(void *context, const char *name)
{
    const char *const *names = context;

    return names_is_known(*names, name);
}

static bool handle_credentials(const struct credentials *credentials, bool writes, bool *changed,
                               struct error *error)
{
    const struct variables *variables = credentials->variables;
    struct directory_file *files = mem_zero(variables->count + 1, sizeof *files);
    const char *names = credentials->names;
    const struct directory_content content = {.files = files,
                                              .count = variables->count,
                                              .owner = credentials->owner,
                                              .group = credentials->group,
                                              .ours = is_ours,
                                              .context = &names};
    bool done = false;

    for (size_t i = 0; i < variables->count; i++)
        files[i] = (struct directory_file){variables->items[i].name, variables->items[i].value,
                                           strlen(variables->items[i].value)};
    done = writes ? directory_replace(credentials->path, &content, changed, error)
                  : directory_differs(credentials->path, &content, changed, error);
    mem_free(files);
    return done;
}

bool credentials_write(const struct credentials *credentials, bool *changed, struct error *error)
{
    return handle_credentials(credentials, true, changed, error);
}

bool credentials_differs(const struct credentials *credentials, bool *differs, struct error *error)
{
    return handle_credentials(credentials, false, differs, error);
}

static struct directory_content any_of(const char *const *names)
{
    return (struct directory_content){.owner = FILE_OWNER_UNCHANGED,
                                      .group = FILE_GROUP_UNCHANGED,
                                      .ours = is_ours,
                                      .context = (void *)names};
}

bool credentials_check(const char *path, const char *names, struct error *error)
{
    const struct directory_content content = any_of(&names);

    return directory_check(path, &content, error);
}

bool credentials_remove(const char *path, const char *names, struct error *error)
{
    const struct directory_content content = any_of(&names);

    return directory_remove(path, &content, error);
}
