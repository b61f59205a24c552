/* SPDX-License-Identifier: MIT */
#include "step/borrowed.h"

#include "api/endpoints.h"
#include "base/term.h"
#include "base/text.h"

void borrowed_note(const struct session *session)
{
    const struct session_options *options = session_options(session);
    const struct contact *contact = session_contact(session);
    struct endpoints endpoints = {0};
    bool known = false;

    if (!options->url_is_borrowed || contact == NULL || session_db(session) == NULL)
        return;
    server_endpoints(session_server(session), session_on_host(session), &endpoints);
    for (size_t i = 0; i < endpoints.count; i++)
        known = known || text_equal(endpoints.items[i].url, contact_url(contact));
    if (!known && endpoints.count > 0)
        term_note(
            "the URL %s comes from %s; the database names another, and this takes it: --url %s",
            contact_url(contact), options->url_from, endpoints.items[0].url);
    endpoints_clear(&endpoints);
}
