/* SPDX-License-Identifier: MIT */
#include "step/certificate.h"

#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "io/tls_pem.h"

bool certificate_check(const char *path, bool replace, struct error *error)
{
    struct buf content = BUF_EMPTY(BUF_MAX);
    size_t count = 0;
    bool done = false;

    if (text_equal(path, "-")) {
        error_set(error, ERROR_USAGE, "--ca-file cannot be standard output");
        return error_try(error, "pritunl-access show --field certificate");
    }
    if (replace || !file_exists(path))
        return true;
    done = file_read_any(path, &content, error);
    if (!done) {
        error->kind = ERROR_OUTPUT;
    } else if (content.length > 0) {
        mem_free(tls_pem_certificates(buf_text(&content), &count));
        done = count == 1;
        if (!done) {
            error_set(error, ERROR_OUTPUT,
                      "%s: refused, because it is no file of one certificate, and would be lost",
                      path);
            error_try(error, "--ca-file with the name of another file, or --replace");
        }
    }
    buf_free(&content);
    return done;
}

bool certificate_text(const struct session *session, struct buf *text, struct error *error)
{
    const struct contact *contact = session_contact(session);
    const char *pem = session_certificate(session);
    enum tls_trust trust = contact != NULL ? contact_trust(contact) : TLS_TRUST_UNKNOWN;
    char *certificates = NULL;

    if (trust != TLS_TRUST_UNKNOWN && trust != TLS_TRUST_DATABASE) {
        error_set(error, ERROR_OUTPUT,
                  "--ca-file: the certificate of %s is not trusted because the database holds it "
                  "(trust: %s): nothing was written",
                  contact_url(contact), contact_trust_name(contact));
        return error_try(error, "pritunl-access export, without --ca-file");
    }
    certificates = tls_pem_certificates(pem != NULL ? pem : "", NULL);
    if (*certificates == '\0') {
        error_set(error, ERROR_OUTPUT, "--ca-file: the database holds no certificate");
        error_try(error, "pritunl-access doctor");
    }
    buf_add_text(text, certificates);
    mem_free(certificates);
    return text->length > 0;
}

void certificate_note(const struct session *session, const char *path)
{
    const char *url = session_access(session)->url;
    struct http_url parts = {0};
    struct error ignored;
    char *word = text_shell(path);

    term_note("%s: the certificate: curl --cacert %s, REQUESTS_CA_BUNDLE=%s for Python, "
              "SSL_CERT_FILE=%s for Go and OpenSSL",
              path, word, word, word);
    if (http_url_parse(url, &parts, &ignored) &&
        !tls_pem_names_host(session_certificate(session), parts.host))
        term_note("%s: it does not name %s, so that only a consumer that looks at no name takes it",
                  path, parts.host);
    http_url_free(&parts);
    mem_free(word);
}
