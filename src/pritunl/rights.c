/* SPDX-License-Identifier: MIT */
#include "pritunl/rights.h"

#include "base/text.h"

/* Does one of the privileges allow to write where Pritunl keeps its administrators? */
static bool is_to_write(const struct db_value *privilege, const char *name)
{
    static const char *const writes[] = {"update",         "insert",       "remove",
                                         "dropCollection", "dropDatabase", "anyAction"};
    struct db_value actions = db_member(privilege, "actions");
    struct db_value where = db_member(privilege, "resource.db");
    struct db_value any = db_member(privilege, "resource.anyResource");

    if (any.type != DB_BOOL && where.type == DB_TEXT && *where.text != '\0' &&
        !text_equal(where.text, name))
        return false;
    for (size_t i = 0;; i++) {
        struct db_value action = db_item(&actions, i);

        if (action.type != DB_TEXT)
            return false;
        for (size_t w = 0; w < sizeof writes / sizeof *writes; w++)
            if (text_equal(action.text, writes[w]))
                return true;
    }
}

enum rights rights_of(const struct db_document *answer, const char *name)
{
    struct db_value users = db_field(answer, "authInfo.authenticatedUsers");
    struct db_value privileges = db_field(answer, "authInfo.authenticatedUserPrivileges");
    struct db_value privilege = db_item(&privileges, 0);

    if (db_item(&users, 0).type == DB_ABSENT)
        return RIGHTS_NO_LOGIN;
    if (privilege.type != DB_OBJECT)
        return RIGHTS_UNSAID;
    for (size_t i = 1; privilege.type == DB_OBJECT; i++) {
        if (is_to_write(&privilege, name))
            return RIGHTS_WRITE;
        privilege = db_item(&privileges, i);
    }
    return RIGHTS_READ;
}

enum rights rights_read(struct db *db)
{
    struct error ignored;
    struct db_document *answer = db_run(db, QUERY_PRIVILEGES, &ignored);
    enum rights rights = answer != NULL ? rights_of(answer, db_name(db)) : RIGHTS_UNKNOWN;

    db_document_free(answer);
    return rights;
}
