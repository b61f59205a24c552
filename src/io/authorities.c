/* SPDX-License-Identifier: MIT */
#include "io/authorities.h"

#include <ctype.h>
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/x509.h>

static bool is_hash_link(const char *name)
{
    return strspn(name, "0123456789abcdef") == 8 && name[8] == '.' && isdigit((uint8_t)name[9]);
}

static bool has_hash_links(const char *path)
{
    bool found = false;

    DIR *dir = opendir(path);
    if (dir == NULL)
        return false;
    for (struct dirent *entry = readdir(dir); entry != NULL && !found; entry = readdir(dir))
        found = is_hash_link(entry->d_name);
    closedir(dir);
    return found;
}

struct authorities authorities_find(void)
{
    const char *const dirs[] = {
        X509_get_default_cert_dir(), "/etc/ssl/certs",   /* Debian, Alpine, SUSE */
        "/etc/pki/ca-trust/extracted/pem/directory-hash" /* RHEL, Fedora */
    };
    const char *const files[] = {
        X509_get_default_cert_file(), "/etc/ssl/certs/ca-certificates.crt", /* Debian, Alpine */
        "/etc/pki/tls/certs/ca-bundle.crt",                                 /* RHEL, Fedora */
        "/etc/ssl/ca-bundle.pem"                                            /* SUSE */
    };
    struct authorities found = {.file = secure_getenv(X509_get_default_cert_file_env()),
                                .dir = secure_getenv(X509_get_default_cert_dir_env())};

    if (found.file != NULL || found.dir != NULL) {
        if (found.dir == NULL)
            found.dir = X509_get_default_cert_dir();
        return found;
    }
    for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs); i++)
        if (has_hash_links(dirs[i]))
            return (struct authorities){.dir = dirs[i]};
    for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
        if (access(files[i], R_OK) == 0)
            return (struct authorities){.file = files[i]};
    return found;
}
