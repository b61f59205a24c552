/* SPDX-License-Identifier: MIT */
#include "format/find.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"

#define LISTED_MAX 6

/* One set in one object: pairs of one group stand side by side. */
struct candidate {
    const struct set *set;
    struct pair *first; /* of the object */
    size_t count;
    const struct pair *parts[PART_COUNT]; /* NULL: absent, or empty */
};

struct candidates {
    struct candidate *items;
    size_t count;
};

struct search {
    const struct wanted *wanted;
    const char *where;
    const struct pairs *pairs;
    struct candidates whole; /* of the sets that were tried last */
    struct candidate half;   /* the first that has one of both */
    struct error *error;
};

static const char *name_or(const char *name, const char *otherwise)
{
    return name != NULL && *name != '\0' ? name : otherwise;
}

/* ---- what stands for a value and is none ---- */

static const char *value_fault(const struct pair *pair)
{
    static const struct {
        const char *start;
        const char *why;
    } rows[] = {
        {"${", "an expansion, which is not carried out"},
        {"$(", "an expansion, which is not carried out"},
        {"`", "an expansion, which is not carried out"},
        {"{{", "a template, which is not carried out"},
        {"ENC[", "encrypted (sops)"},
        {"$ANSIBLE_VAULT;", "encrypted (ansible-vault)"},
        {"encrypted:", "encrypted (dotenvx)"},
        {"op://", "a reference to another place (1Password)"},
    };

    if (pair->fault != NULL)
        return pair->fault;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (text_starts(pair->value, rows[i].start))
            return rows[i].why;
    return NULL;
}

static bool refuse_value(const struct search *search, const struct pair *pair, const char *why)
{
    char line[32] = "";

    if (pair->line > 0)
        (void)snprintf(line, sizeof line, "line %zu: ", pair->line);
    error_set(search->error, ERROR_UNUSABLE, "%s: %sthe value of %s is not taken: %s",
              search->where, line, pair->name, why);
    return error_blame(search->error, CAUSE_TOKEN_UNKNOWN);
}

/* ---- candidates ---- */

static bool is_repeated(const struct candidate *candidate, const struct pair *last)
{
    for (const struct pair *pair = candidate->first; pair < last; pair++)
        if (pair->claim != CLAIM_MERGED && text_equal(pair->name, last->name))
            return true;
    return false;
}

static const struct pair *candidate_part(const struct search *search,
                                         const struct candidate *candidate, int part)
{
    const char *name = candidate->set->parts[part];
    struct pair *pair = name != NULL ? pairs_find(candidate->first, candidate->count, name) : NULL;

    if (pair != NULL && search->pairs->once && is_repeated(candidate, pair))
        pair->fault = "it stands there twice";
    return pair != NULL && (pair->fault != NULL || *pair->value != '\0') ? pair : NULL;
}

static void try_set(struct search *search, const struct set *set, struct pair *first, size_t count)
{
    struct candidate candidate = {.set = set, .first = first, .count = count};

    for (int part = 0; part < PART_COUNT; part++)
        candidate.parts[part] = candidate_part(search, &candidate, part);
    if (candidate.parts[PART_TOKEN] == NULL && candidate.parts[PART_SECRET] == NULL)
        return;
    if (candidate.parts[PART_TOKEN] == NULL || candidate.parts[PART_SECRET] == NULL) {
        if (search->half.set == NULL)
            search->half = candidate;
        return;
    }
    search->whole.items =
        mem_grow(search->whole.items, (search->whole.count + 1) * sizeof candidate);
    search->whole.items[search->whole.count++] = candidate;
}

static void try_sets(struct search *search, const struct set *sets, size_t set_count)
{
    struct pair *items = search->pairs->items;
    size_t count = search->pairs->count;

    search->whole.count = 0;
    for (size_t from = 0, to = 0; from < count; from = to) {
        while (to < count && items[to].group == items[from].group)
            to++;
        for (size_t i = 0; i < set_count; i++)
            try_set(search, &sets[i], &items[from], to - from);
    }
}

static const char *owner(const struct candidate *candidate)
{
    static const char *const names[] = {"username", "administrator"};

    for (size_t i = 0; i < 2 && candidate->set == sets_document(); i++) {
        const struct pair *pair = pairs_find(candidate->first, candidate->count, names[i]);

        if (pair != NULL && pair->value != NULL)
            return pair->value;
    }
    return NULL;
}

static bool is_same_pair(const struct candidate *a, const struct candidate *b)
{
    return text_equal(owner(a), owner(b)) &&
           text_equal(a->parts[PART_TOKEN]->value, b->parts[PART_TOKEN]->value) &&
           text_equal(a->parts[PART_SECRET]->value, b->parts[PART_SECRET]->value) &&
           a->parts[PART_TOKEN]->value != NULL && a->parts[PART_SECRET]->value != NULL;
}

static void add_name_and_line(const struct pair *pair, struct buf *out)
{
    buf_add_text(out, pair->name);
    if (pair->line > 0)
        buf_add_format(out, " (line %zu)", pair->line);
}

/* Whose it is, or under which names and where. */
static void describe_candidate(const struct search *search, const struct candidate *candidate,
                               struct buf *out)
{
    const struct pair *token = candidate->parts[PART_TOKEN];
    const char *label = search->pairs->labels[token->group];

    if (owner(candidate) != NULL) {
        buf_add_text(out, owner(candidate));
        return;
    }
    add_name_and_line(token, out);
    if (*label != '\0')
        buf_add_format(out, " in %s", label);
}

static bool refuse_several(struct search *search)
{
    const struct candidates *whole = &search->whole;
    bool owned = owner(&whole->items[0]) != NULL;
    struct buf list = BUF_EMPTY(BUF_MAX);

    for (size_t i = 0; i < whole->count && i < LISTED_MAX; i++) {
        buf_add_text(&list, i > 0 ? ", " : "");
        describe_candidate(search, &whole->items[i], &list);
    }
    if (whole->count > LISTED_MAX)
        buf_add_text(&list, " …");
    error_set(search->error, ERROR_AMBIGUOUS, "%s holds several %s that differ: %s", search->where,
              owned ? "administrators' pairs" : "pairs", buf_text(&list));
    buf_free(&list);
    return error_try(search->error, owned ? "--administrator USERNAME" : "--names NAMES");
}

/* The owner that was asked for; then only what differs counts. */
static bool choose_candidate(struct search *search, struct candidate *chosen)
{
    struct candidates *whole = &search->whole;
    const char *wanted = search->wanted->administrator;
    size_t kept = 0;
    bool others = false;

    for (size_t i = 0; i < whole->count; i++) {
        const char *who = owner(&whole->items[i]);
        bool known = false;

        others = others || (who != NULL && wanted != NULL && !text_equal(who, wanted));
        if (who != NULL && wanted != NULL && !text_equal(who, wanted))
            continue;
        for (size_t j = 0; j < kept && !known; j++)
            known = is_same_pair(&whole->items[i], &whole->items[j]);
        if (!known)
            whole->items[kept++] = whole->items[i];
    }
    whole->count = kept;
    if (kept == 0 && others)
        return error_set(search->error, ERROR_NOT_FOUND,
                         "%s holds the pair of another "
                         "administrator",
                         search->where);
    if (kept > 1)
        return refuse_several(search);
    *chosen = whole->items[0];
    return true;
}

/* ---- the URL ---- */

static bool names_url(const struct candidate *candidate, const struct pair *pair)
{
    static const char host[] = "HOST";
    const char *own = candidate->set->parts[PART_URL];
    size_t length = strlen(pair->name);

    if (pair->value != NULL && *pair->value == '\0')
        return false;
    if (text_equal(own, pair->name))
        return true;
    if (!sets_is_url(pair->name))
        return false;
    /* A host alone is no URL. */
    return pair->value == NULL || strstr(pair->value, "://") != NULL || length < strlen(host) ||
           strcasecmp(pair->name + length - strlen(host), host) != 0;
}

static bool refuse_urls(const struct search *search, const struct pair *a, const struct pair *b)
{
    struct buf list = BUF_EMPTY(BUF_MAX);

    add_name_and_line(a, &list);
    buf_add_text(&list, ", ");
    add_name_and_line(b, &list);
    error_set(search->error, ERROR_AMBIGUOUS, "%s holds several URLs that differ: %s",
              search->where, buf_text(&list));
    buf_free(&list);
    return error_try(search->error, "--url URL");
}

/* Of a name that stands twice in one object, or in a flat text, the last counts. */
static bool is_last_there(const struct pair *pair, const struct pair *end)
{
    for (const struct pair *later = pair + 1; later < end; later++)
        if (later->group == pair->group && text_equal(later->name, pair->name))
            return false;
    return true;
}

/* One text, one URL: the only one among so many pairs, or NULL. */
static bool find_url(const struct search *search, const struct candidate *candidate,
                     struct pair *items, size_t count, const struct pair **found)
{
    for (size_t i = 0; i < count; i++) {
        const struct pair *pair = &items[i];

        if (!names_url(candidate, pair) || !is_last_there(pair, items + count))
            continue;
        if (*found != NULL && !text_equal((*found)->value, pair->value))
            return refuse_urls(search, *found, pair);
        *found = pair;
    }
    return true;
}

static bool take_url(const struct search *search, const struct candidate *candidate,
                     struct access *access)
{
    const struct pairs *pairs = search->pairs;
    const struct pair *url = search->wanted->own_url ? candidate->parts[PART_URL] : NULL;

    if (search->wanted->no_url)
        return true;
    if (url == NULL && !find_url(search, candidate, candidate->first, candidate->count, &url))
        return false;
    if (url == NULL && !find_url(search, candidate, pairs->items, pairs->count, &url))
        return false;
    if (url == NULL)
        return true;
    if (value_fault(url) != NULL || strstr(url->value, "${") != NULL) {
        refuse_value(search, url,
                     name_or(value_fault(url), "it holds an expansion, which is not carried out"));
        return error_try(search->error, "--url URL");
    }
    access_set_url(access, url->value, NULL);
    return true;
}

/* ---- all of it ---- */

static bool take(struct search *search, struct access **access)
{
    struct candidate chosen = {0};

    if (!choose_candidate(search, &chosen))
        return false;
    for (int part = PART_TOKEN; part < PART_COUNT; part++)
        if (value_fault(chosen.parts[part]) != NULL)
            return refuse_value(search, chosen.parts[part], value_fault(chosen.parts[part]));
    *access = access_new(owner(&chosen), chosen.parts[PART_TOKEN]->value,
                         chosen.parts[PART_SECRET]->value);
    if (take_url(search, &chosen, *access))
        return true;
    access_free(*access);
    *access = NULL;
    return false;
}

static bool none(const struct search *search)
{
    const struct pair *token = search->half.parts[PART_TOKEN];
    const struct pair *secret = search->half.parts[PART_SECRET];
    const struct pair *half = token != NULL ? token : secret;

    if (half != NULL && value_fault(half) != NULL)
        return refuse_value(search, half, value_fault(half));
    if (half == NULL)
        error_set(search->error, ERROR_NOT_FOUND, "%s holds no token and secret under known names",
                  search->where);
    else
        error_set(search->error, ERROR_NOT_FOUND, "%s holds a %s without a %s", search->where,
                  token != NULL ? "token" : "secret", token != NULL ? "secret" : "token");
    return error_blame(search->error, token != NULL ? CAUSE_SECRET_MISSING : CAUSE_TOKEN_UNKNOWN);
}

bool find_credential(const struct wanted *wanted, const char *where, const struct pairs *pairs,
                     struct access **access, struct error *error)
{
    struct search search = {.wanted = wanted, .where = where, .pairs = pairs, .error = error};
    size_t count = 0;
    const struct set *known = sets_known(&count);
    bool done = false;

    *access = NULL;
    if (wanted->names != NULL)
        try_sets(&search, wanted->names->items, wanted->names->count);
    if (search.whole.count == 0 && !wanted->only)
        try_sets(&search, known, count);
    if (search.whole.count == 0 && !wanted->only)
        try_sets(&search, sets_document(), 1);
    done = search.whole.count > 0 ? take(&search, access) : none(&search);
    mem_free(search.whole.items);
    return done;
}

bool find_is_wanted(const struct sets *names, const char *name)
{
    size_t count = 0;
    const struct set *known = sets_known(&count);
    bool found = set_has(sets_document(), name) || sets_is_url(name) ||
                 (names != NULL && sets_hold(names, name));

    for (size_t i = 0; i < count && !found; i++)
        found = set_has(&known[i], name);
    return found;
}

bool find_holds(const struct sets *names, const struct pairs *pairs)
{
    for (size_t i = 0; i < pairs->count; i++)
        if (!sets_is_url(pairs->items[i].name) && !text_equal(pairs->items[i].name, "url") &&
            find_is_wanted(names, pairs->items[i].name))
            return true;
    return false;
}
