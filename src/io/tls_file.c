/* SPDX-License-Identifier: MIT */
#include "io/tls_file.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ui.h>
#include <openssl/x509.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"

#define PEM_MAX ((size_t)16 * 1024 * 1024) /* a bundle of all authorities is a quarter of one */

/* What a key's password is, and whether anybody wanted to know. */
struct opening {
    const char *password;
    bool asked;
};

/* What a pipe held, in memory, for all who read it after us. They live as long as the process. */
struct copy {
    struct copy *next;
    char *path; /* the pipe's */
    char *place;
};

static struct copy *copies;
static pthread_mutex_t copies_lock = PTHREAD_MUTEX_INITIALIZER;

void tls_file_begin(void)
{
    UI_set_default_method(UI_null());
}

static int give_password(char *buffer, int size, int writing, void *context)
{
    struct opening *opening = context;
    size_t length = opening->password != NULL ? strlen(opening->password) : 0;

    (void)writing;
    opening->asked = true;
    if (opening->password == NULL || length > (size_t)size)
        return -1;
    memcpy(buffer, opening->password, length);
    return (int)length;
}

static X509 *read_certificate(const struct buf *content)
{
    struct opening closed = {NULL, false};
    BIO *bio = BIO_new_mem_buf(content->data, (int)content->length);
    X509 *found = bio != NULL ? PEM_read_bio_X509_AUX(bio, NULL, give_password, &closed) : NULL;

    BIO_free(bio);
    return found;
}

static EVP_PKEY *read_pem_key(const struct buf *content, struct opening *opening)
{
    BIO *bio = BIO_new_mem_buf(content->data, (int)content->length);
    EVP_PKEY *found =
        bio != NULL ? PEM_read_bio_PrivateKey(bio, NULL, give_password, opening) : NULL;

    BIO_free(bio);
    return found;
}

static bool has_key(const struct buf *content)
{
    return memmem(content->data, content->length, "PRIVATE KEY-----", 16) != NULL;
}

static bool no_certificate(const char *name, const char *path, const struct buf *content,
                           struct error *error)
{
    const char *what = "it holds no certificate";
    char *quoted = text_shell(path);

    if (content->length == 0)
        what = "it is empty";
    else if (memmem(content->data, content->length, "-----BEGIN ", 11) == NULL)
        what = "it is not in PEM";
    else if (memmem(content->data, content->length, "BEGIN CERTIFICATE-----", 22) != NULL)
        what = "the certificate in it cannot be read";
    else if (has_key(content))
        what = "it holds a private key, and no certificate";
    error_set(error, ERROR_USAGE, "%s: %s: %s", name, path, what);
    if (content->length > 0 && content->data[0] == 0x30) /* how DER and PKCS #12 begin */
        error_try(error, "openssl x509 -inform der -in %s -out FILE.pem", quoted);
    mem_free(quoted);
    return false;
}

/* No name of a file stands for standard input here. */
static bool read_named(const char *path, struct buf *content, struct error *error)
{
    return file_read_any(text_equal(path, "-") ? "./-" : path, content, error);
}

/* With the lock held. */
static const char *copy_of(const char *path)
{
    for (const struct copy *each = copies; path != NULL && each != NULL; each = each->next)
        if (text_equal(each->path, path))
            return each->place;
    return path;
}

const char *tls_file_path(const char *path)
{
    const char *place = NULL;

    pthread_mutex_lock(&copies_lock);
    place = copy_of(path);
    pthread_mutex_unlock(&copies_lock);
    return place;
}

static bool keep_copy(const char *path, const struct buf *content, struct error *error)
{
    int fd = memfd_create("pem", MFD_CLOEXEC);
    struct copy *copy = NULL;

    if (fd < 0)
        return error_set(error, ERROR_USAGE, "a pipe cannot be kept: %s", strerror(errno));
    if (!term_write(fd, content->data, content->length, error)) {
        close(fd);
        return false;
    }
    copy = mem_zero(1, sizeof *copy);
    copy->path = mem_text(path);
    copy->place = text_format("/proc/self/fd/%d", fd);
    copy->next = copies;
    copies = copy;
    return true;
}

/*
 * A pipe can be read once only, by one of us, and its writer may never come: that is waited for
 * here.
 */
static bool read_pipe(const char *path, struct buf *content, struct error *error)
{
    const char *place = NULL;
    bool done = false;

    pthread_mutex_lock(&copies_lock);
    place = copy_of(path);
    done = read_named(place, content, error) && (place != path || keep_copy(path, content, error));
    pthread_mutex_unlock(&copies_lock);
    return done;
}

static bool read_pem(const char *path, bool is_pipe, struct buf *content, struct error *error)
{
    return is_pipe ? read_pipe(path, content, error) : read_named(path, content, error);
}

static bool load_pem(const char *name, const char *path, struct buf *content, struct error *error)
{
    struct stat info = {0};

    if (stat(path, &info) != 0)
        return error_set(error, ERROR_USAGE, "%s: cannot be read: %s: %s", name, path,
                         strerror(errno));
    if (S_ISCHR(info.st_mode) || S_ISBLK(info.st_mode))
        return error_set(error, ERROR_USAGE, "%s: %s is a device", name, path);
    if (!read_pem(path, S_ISFIFO(info.st_mode), content, error)) {
        struct error why = *error;

        error_set(error, ERROR_USAGE, "%s: cannot be read: %s", name, why.text);
        return error_try(error, "%s", why.attempt);
    }
    return true;
}

bool tls_file_authorities(const char *name, const char *path, struct error *error)
{
    struct buf content = BUF_EMPTY(PEM_MAX);
    X509 *certificate = NULL;
    bool done = load_pem(name, path, &content, error);

    if (done) {
        ERR_set_mark();
        certificate = read_certificate(&content);
        ERR_pop_to_mark();
        done = certificate != NULL || no_certificate(name, path, &content, error);
    }
    X509_free(certificate);
    buf_free(&content);
    return done;
}

/* Is it not the password, but a cipher or a hash that this OpenSSL does not know? */
static bool is_unknown_encryption(void)
{
    static const struct {
        int library;
        int reason;
    } unknown[] = {{ERR_LIB_EVP, EVP_R_UNKNOWN_CIPHER},
                   {ERR_LIB_EVP, EVP_R_UNKNOWN_PBE_ALGORITHM},
                   {ERR_LIB_EVP, EVP_R_UNSUPPORTED_CIPHER},
                   {ERR_LIB_EVP, EVP_R_UNSUPPORTED_KEY_DERIVATION_FUNCTION},
                   {ERR_LIB_EVP, EVP_R_UNSUPPORTED_PRF},
                   {ERR_LIB_EVP, ERR_R_UNSUPPORTED},
                   {ERR_LIB_PEM, PEM_R_UNSUPPORTED_CIPHER},
                   {ERR_LIB_PEM, PEM_R_UNSUPPORTED_ENCRYPTION}};
    bool found = false;

    for (unsigned long code = ERR_get_error(); code != 0; code = ERR_get_error())
        for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
            found = found || (ERR_GET_LIB(code) == unknown[i].library &&
                              ERR_GET_REASON(code) == unknown[i].reason);
    return found;
}

static bool no_key(const char *name, const char *path, const struct buf *content,
                   const struct opening *opening, struct error *error)
{
    if (opening->asked && opening->password == NULL) {
        error_set(error, ERROR_USAGE, "%s: %s: its private key wants a password", name, path);
        return error_try(error, "put tlsCertificateKeyFilePassword=PASSWORD into the MongoDB URI");
    }
    if (has_key(content) && is_unknown_encryption()) {
        error_set(error, ERROR_USAGE,
                  "%s: %s: its private key is encrypted in a way that this program does not know",
                  name, path);
        return error_try(error, "openssl pkcs8 -topk8 -v2 aes-256-cbc -in KEY.pem -out NEW.pem");
    }
    return error_set(error, ERROR_USAGE, "%s: %s: %s", name, path,
                     opening->asked     ? "the password in the URI does not open its private key"
                     : has_key(content) ? "the private key in it cannot be read"
                                        : "there is no private key in it");
}

bool tls_file_identity(const char *name, const char *path, const char *password,
                       struct error *error)
{
    struct buf content = BUF_EMPTY(PEM_MAX);
    struct opening opening = {password, false};
    X509 *certificate = NULL;
    EVP_PKEY *key = NULL;
    bool done = load_pem(name, path, &content, error);

    if (!done)
        goto out;
    ERR_set_mark();
    certificate = read_certificate(&content);
    key = read_pem_key(&content, &opening);
    if (certificate == NULL)
        done = no_certificate(name, path, &content, error);
    else if (key == NULL)
        done = no_key(name, path, &content, &opening, error);
    else if (X509_check_private_key(certificate, key) != 1)
        done =
            error_set(error, ERROR_USAGE,
                      "%s: %s: the private key in it is not that of its certificate", name, path);
    ERR_pop_to_mark();
out:
    X509_free(certificate);
    EVP_PKEY_free(key);
    buf_free(&content);
    return done;
}
