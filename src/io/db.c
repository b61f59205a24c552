/* SPDX-License-Identifier: MIT */
#include "io/db_internal.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/busy.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "base/signals.h"
#include "base/text.h"
#include "io/authorities.h"

#define MARGIN_MS 1000   /* the driver's own limits say more of what is wrong, and come first */
#define COMPUTING_MS 100 /* no login takes so much (15,000 rounds, of a usual server: 30) */

/*
 * Debian 12's libmongoc exports its counters as /dev/shm/mongoc-PID, from a constructor before
 * main, and takes the file away in a destructor that exec and _exit never reach. The mapping stays
 * good without its name.
 */
static void unlink_counters(void)
{
    char name[32] = "";

    snprintf(name, sizeof(name), "/mongoc-%u", (unsigned)getpid());
    shm_unlink(name);
}

/*
 * Before any library's constructor: that of Debian 12's libmongoc allocates, and says on stderr
 * that it cannot write to /dev/shm, where that is so. What it and others log later may quote a URI,
 * so nobody hears that either.
 */
static void tame_libraries(void)
{
    const bson_mem_vtable_t allocator = {.malloc = mem_lib_malloc,
                                         .calloc = mem_lib_calloc,
                                         .realloc = mem_lib_realloc,
                                         .free = mem_lib_free,
                                         .aligned_alloc = mem_lib_aligned_alloc};

    bson_mem_set_vtable(&allocator);
    mongoc_log_set_handler(NULL, NULL);
}
__attribute__((section(".preinit_array"),
               used)) static void (*const before_constructors)(void) = tame_libraries;

void db_begin(void)
{
    tame_libraries();
    mongoc_init();
    unlink_counters();
}

/*
 * From 1.30 on libmongoc prints every command and answer, secrets too, where the environment says
 * MONGODB_LOG_ALL=debug. The variable itself is left as it is: a program that we become may want
 * it.
 */
static void silence(struct db *db)
{
#ifdef MONGOC_STRUCTURED_LOG_H
    mongoc_structured_log_opts_t *nothing = mongoc_structured_log_opts_new();

    mongoc_structured_log_opts_set_handler(nothing, NULL, NULL);
    if (db->pool != NULL)
        mongoc_client_pool_set_structured_log_opts(db->pool, nothing);
    else
        mongoc_client_set_structured_log_opts(db->client, nothing);
    mongoc_structured_log_opts_destroy(nothing);
#else
    (void)db;
#endif
}

/* The pool's threads begin here, and must leave signals to the first one (thread.h). */
static mongoc_client_t *pop(mongoc_client_pool_t *pool)
{
    mongoc_client_t *client = NULL;
    sigset_t before;

    signals_hold(&before);
    client = mongoc_client_pool_pop(pool);
    signals_release(&before);
    return client;
}

/*
 * The system's authorities, where the URI names none: libmongoc would let OpenSSL parse a bundle,
 * 35 ms of CPU, or look where another system keeps it. What the URI says of TLS is said once more:
 * all of it is set together. What the environment names, OpenSSL finds by itself.
 */
static void set_authorities(struct db *db)
{
    struct authorities system = authorities_find();
    bool insecure = mongoc_uri_get_option_as_bool(db->uri, MONGOC_URI_TLSINSECURE, false);
    mongoc_ssl_opt_t opts = {
        .pem_file = mongoc_uri_get_option_as_utf8(db->uri, MONGOC_URI_TLSCERTIFICATEKEYFILE, NULL),
        .pem_pwd =
            mongoc_uri_get_option_as_utf8(db->uri, MONGOC_URI_TLSCERTIFICATEKEYFILEPASSWORD, NULL),
        .ca_file = system.file,
        .ca_dir = system.dir,
        .weak_cert_validation = mongoc_uri_get_option_as_bool(
            db->uri, MONGOC_URI_TLSALLOWINVALIDCERTIFICATES, insecure),
        .allow_invalid_hostname =
            mongoc_uri_get_option_as_bool(db->uri, MONGOC_URI_TLSALLOWINVALIDHOSTNAMES, insecure)};

    if (!mongoc_uri_get_tls(db->uri) || mongoc_uri_has_option(db->uri, MONGOC_URI_TLSCAFILE) ||
        (system.file == NULL) == (system.dir == NULL))
        return;
    if (db->pool != NULL)
        mongoc_client_pool_set_ssl_opts(db->pool, &opts);
    else
        mongoc_client_set_ssl_opts(db->client, &opts);
}

static bool open_client(struct db *db, struct error *error)
{
    bson_error_t why = {0};

    if (db_uri_is_single(db->uri))
        db->client = mongoc_client_new_from_uri_with_error(db->uri, &why);
    else
        db->pool = mongoc_client_pool_new_with_error(db->uri, &why);
    if (db->client == NULL && db->pool == NULL)
        return db_failure(db, NULL, &why, NULL, error);
    silence(db);
    set_authorities(db);
    if (db->pool != NULL)
        db->client = pop(db->pool);
    return true;
}

/* By thread, so that nobody finds the code of somebody else's call. */
static _Thread_local int last_code;

void db_lock(struct db *db)
{
    busy_begin("waiting for the database");
    pthread_mutex_lock(&db->lock);
    if (!db->lost)
        db->code = 0;
}

void db_unlock(struct db *db)
{
    last_code = db->lost ? 0 : db->code;
    pthread_mutex_unlock(&db->lock);
    busy_end();
}

int db_code(const struct db *db)
{
    (void)db;
    return last_code;
}

bool db_bounded(struct db *db, void (*run)(void *context), void *context, struct error *error)
{
    int64_t limit_ms = db_uri_patience(db->uri) + db->timeout_ms + MARGIN_MS;
    int64_t computed_ms = 0;

    if (db->timeout_ms == 0 ||
        (mongoc_uri_get_username(db->uri) == NULL && !mongoc_uri_get_tls(db->uri))) {
        run(context);
        return true;
    }
    db->lost = !thread_bounded(run, context, clock_monotonic_ms() + limit_ms, &computed_ms);
    if (!db->lost)
        return true;
    db->computes = computed_ms >= COMPUTING_MS && mongoc_uri_get_username(db->uri) != NULL;
    db_refuse_endless(db, limit_ms, error);
    db->ending = *error;
    return false;
}

bool db_computes(const struct db *db)
{
    return db != NULL && db->computes;
}

bool db_open(const struct db_options *options, struct db **db, struct error *error)
{
    struct db *opened = mem_zero(1, sizeof(*opened));
    const char *name = NULL;

    *db = NULL;
    pthread_mutex_init(&opened->lock, NULL);
    opened->uri = db_uri_new(options, error);
    if (opened->uri == NULL)
        goto out;
    opened->timeout_ms = mongoc_uri_get_option_as_int32(opened->uri, MONGOC_URI_SOCKETTIMEOUTMS, 0);
    /* Ours instead of the driver's, which knows no deadline. */
    opened->retries = mongoc_uri_get_option_as_bool(opened->uri, MONGOC_URI_RETRYREADS, true);
    mongoc_uri_set_option_as_bool(opened->uri, MONGOC_URI_RETRYREADS, false);
    name = mongoc_uri_get_database(opened->uri);
    opened->name = mem_text(name != NULL ? name : options->default_name);
    opened->hosts = db_uri_hosts(opened->uri);
    opened->prefix = mem_text(options->prefix);
    opened->text = db_uri_text(options);
    opened->blanks = !text_equal(opened->text, options->uri);
    if (!open_client(opened, error))
        goto out;
    *db = opened;
    opened = NULL;
out:
    db_free(opened);
    return *db != NULL;
}

static void *destroy_pool(void *pool)
{
    mongoc_client_pool_destroy(pool);
    return NULL;
}

/*
 * Destroying a pool waits for its threads, and these for members that do not answer. Only a thread
 * of its own waits for that, as long as the process lives.
 */
static void leave_pool(mongoc_client_pool_t *pool)
{
    pthread_t thread;

    if (thread_begin(&thread, destroy_pool, pool))
        pthread_detach(thread);
}

/* Not given back to the pool: its connections, and the answers in their buffers, end now. */
static void end_client(mongoc_client_t *client)
{
    /* Forgets the sessions, so that no endSessions is sent and waited for. */
    mongoc_client_reset(client);
    mongoc_client_destroy(client);
}

void db_disconnect(struct db *db)
{
    mongoc_client_t *before = db->client;
    struct error ignored;

    if (db->lost)
        return;
    if (db->pool != NULL)
        db->client = pop(db->pool);
    else if (!open_client(db, &ignored)) {
        db->client = before;
        return;
    }
    end_client(before);
}

void db_free(struct db *db)
{
    if (db == NULL || db->lost)
        return;
    if (db->client != NULL)
        end_client(db->client);
    if (db->pool != NULL)
        leave_pool(db->pool);
    pthread_mutex_destroy(&db->lock);
    mongoc_uri_destroy(db->uri);
    mem_free(db->name);
    mem_free(db->hosts);
    mem_free(db->prefix);
    mem_free(db->text);
    mem_free(db);
}

const char *db_name(const struct db *db)
{
    return db->name;
}

const char *db_prefix(const struct db *db)
{
    return db->prefix;
}

const char *db_hosts(const struct db *db)
{
    return db->hosts;
}

bool db_is_tls(const struct db *db)
{
    return mongoc_uri_get_tls(db->uri);
}

static bool is_loopback(const char *host)
{
    struct in_addr v4 = {0};
    struct in6_addr v6 = {0};

    if (inet_pton(AF_INET, host, &v4) == 1)
        return (ntohl(v4.s_addr) >> 24) == 127;
    if (inet_pton(AF_INET6, host, &v6) == 1)
        return IN6_IS_ADDR_LOOPBACK(&v6);
    return text_equal(host, "localhost") || text_ends(host, ".localhost") || host[0] == '/';
}

bool db_is_loopback(const struct db *db)
{
    const mongoc_host_list_t *at = mongoc_uri_get_hosts(db->uri);
    bool all = at != NULL;

    for (; all && at != NULL; at = at->next)
        all = is_loopback(at->host);
    return all;
}
