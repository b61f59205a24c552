/* SPDX-License-Identifier: MIT */
#include "api/networks.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

bool network_normalise(const char *text, char network[NETWORK_TEXT_SIZE], bool *cut)
{
    char address[INET6_ADDRSTRLEN] = "";
    char shown[INET6_ADDRSTRLEN] = "";
    uint8_t bytes[16] = {0};
    size_t length = strcspn(text, "/");
    int family = memchr(text, ':', length) != NULL ? AF_INET6 : AF_INET;
    long bits = family == AF_INET6 ? 128 : 32;
    long prefix = bits;
    bool loses = false;

    if (length >= sizeof address)
        return false;
    memcpy(address, text, length);
    if (inet_pton(family, address, bytes) != 1 ||
        (text[length] == '/' && !text_number(text + length + 1, 0, bits, &prefix)))
        return false;
    for (long bit = prefix; bit < bits; bit++) {
        uint8_t mask = (uint8_t)(0x80U >> (bit % 8));

        loses = loses || (bytes[bit / 8] & mask) != 0;
        bytes[bit / 8] &= (uint8_t)~mask;
    }
    if (cut != NULL)
        *cut = loses;
    if (inet_ntop(family, bytes, shown, sizeof shown) == NULL)
        return false;
    snprintf(network, NETWORK_TEXT_SIZE, "%s/%ld", shown, prefix);
    return true;
}

void networks_add(struct networks *networks, const char *network)
{
    if (networks->count == networks->size) {
        networks->size = networks->size == 0 ? 64 : 2 * networks->size;
        networks->items = mem_grow(networks->items, networks->size * sizeof *networks->items);
    }
    networks->items[networks->count++] = mem_text(network);
}

void networks_clear(struct networks *networks)
{
    for (size_t i = 0; i < networks->count; i++)
        mem_free(networks->items[i]);
    mem_free(networks->items);
    *networks = (struct networks){0};
}

static int compare_networks(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

void networks_sort(struct networks *networks)
{
    if (networks->count > 1)
        qsort(networks->items, networks->count, sizeof *networks->items, compare_networks);
}

bool networks_has(const struct networks *sorted, const char *network)
{
    return sorted->count > 0 && bsearch(&network, sorted->items, sorted->count,
                                        sizeof *sorted->items, compare_networks) != NULL;
}

/* By text, then by place. */
static int compare_places(const void *left, const void *right)
{
    char *const *a = *(char **const *)left;
    char *const *b = *(char **const *)right;
    int order = strcmp(*a, *b);

    return order != 0 ? order : (a > b) - (a < b);
}

void networks_unique(struct networks *networks)
{
    char ***places = mem_zero(networks->count + 1, sizeof *places);
    size_t kept = 0;

    for (size_t i = 0; i < networks->count; i++)
        places[i] = &networks->items[i];
    if (networks->count > 1)
        qsort(places, networks->count, sizeof *places, compare_places);
    for (size_t i = networks->count; i-- > 1;)
        if (strcmp(*places[i], *places[i - 1]) == 0) {
            mem_free(*places[i]);
            *places[i] = NULL;
        }
    for (size_t i = 0; i < networks->count; i++)
        if (networks->items[i] != NULL)
            networks->items[kept++] = networks->items[i];
    networks->count = kept;
    mem_free(places);
}

static bool finish_networks(struct networks *networks, struct error *error)
{
    networks_unique(networks);
    if (networks->count == 0)
        return error_set(error, ERROR_USAGE, "there is no network to add");
    return networks->count <= NETWORKS_MAX ||
           error_set(error, ERROR_USAGE, "more than %d networks", NETWORKS_MAX);
}

/* A line's network, or nothing. */
static bool take_line(char *text, size_t line, struct networks *networks, struct networks *cuts,
                      struct error *error)
{
    bool cut = false;
    char network[NETWORK_TEXT_SIZE];
    char *word = text + strspn(text, " \t");
    size_t length = strcspn(word, "#\r");

    while (length > 0 && (word[length - 1] == ' ' || word[length - 1] == '\t'))
        length--;
    word[length] = '\0';
    if (length == 0)
        return true;
    if (!network_normalise(word, network, &cut))
        return error_set(error, ERROR_USAGE, "line %zu: %.64s is no network, such as 10.0.0.0/8",
                         line, word);
    networks_add(networks, network);
    if (cut)
        networks_add(cuts, word);
    return true;
}

bool networks_from_lines(const char *text, struct networks *networks, struct networks *cuts,
                         struct error *error)
{
    static const char mark[] = "\xef\xbb\xbf"; /* as some editors begin a file */
    const char *end = text + strlen(text);

    text += text_starts(text, mark) ? sizeof mark - 1 : 0;
    for (size_t line = 1; text < end; line++) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        size_t length = (size_t)((newline != NULL ? newline : end) - text);
        char *copy = mem_copy(text, length);
        bool taken = take_line(copy, line, networks, cuts, error);

        mem_free(copy);
        if (!taken)
            return false;
        text += length + 1;
    }
    return finish_networks(networks, error);
}

static bool is_wanted(const char *region, char *const *regions, size_t count, bool *met)
{
    for (size_t i = 0; i < count; i++)
        if (text_equal(region, regions[i])) {
            met[i] = true;
            return true;
        }
    return false;
}

static bool take_prefixes(const struct json *list, const char *key, char *const *regions,
                          size_t count, bool *met, struct networks *networks)
{
    char network[NETWORK_TEXT_SIZE];

    for (size_t i = 0; i < json_count(list); i++) {
        const struct json *entry = json_at(list, i);
        const char *prefix = json_text(json_get(entry, key), NULL);

        if (!is_wanted(json_text(json_get(entry, "region"), NULL), regions, count, met))
            continue;
        if (prefix == NULL || !network_normalise(prefix, network, NULL))
            return false;
        networks_add(networks, network);
    }
    return true;
}

bool networks_from_aws(const struct json *ranges, char *const *regions, size_t count,
                       struct networks *networks, struct error *error)
{
    const struct json *prefixes = json_get(ranges, "prefixes");
    bool *met = mem_zero(count, sizeof *met);
    bool done = json_type_of(prefixes) == JSON_LIST;

    done = done && take_prefixes(prefixes, "ip_prefix", regions, count, met, networks) &&
           take_prefixes(json_get(ranges, "ipv6_prefixes"), "ipv6_prefix", regions, count, met,
                         networks);
    if (!done)
        error_set(error, ERROR_USAGE, "this is not what AWS publishes as ip-ranges.json");
    for (size_t i = 0; done && i < count; i++)
        if (!met[i])
            done = error_set(error, ERROR_USAGE, "--aws-region: AWS publishes nothing for %.64s",
                             regions[i]);
    mem_free(met);
    return done && finish_networks(networks, error);
}
