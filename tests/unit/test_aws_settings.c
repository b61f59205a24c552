/* SPDX-License-Identifier: MIT */
#include "child.h"
#include "place/aws.h"
#include "place/aws_settings.h"

Suite *aws_settings_suite(void);

/* The environment and the files of one case; what should come out, or NULL for a refusal. */
struct aws_case {
    const char *name;
    const char *environment[8]; /* NAME=VALUE */
    const char *credentials;
    const char *config;
    const char *id;
    const char *key;
    const char *secret;
    const char *token;
    const char *region;
    const char *endpoint;
};

#define TWO_PROFILES                                                                               \
    "[default]\naws_access_key_id=DEFAULT\naws_secret_access_key=ds\n"                             \
    "[work]\naws_access_key_id = WORK\naws_secret_access_key = a=b/c+ \t\naws_session_token = t\n"
#define HOST(region) "https://secretsmanager." region ".amazonaws.com"
#define ID "arn:aws:secretsmanager:b-1:1:secret:x"
#define KEYS "AWS_ACCESS_KEY_ID=K", "AWS_SECRET_ACCESS_KEY=s"

static const struct aws_case cases[] = {
    {"the environment",
     {KEYS, "AWS_REGION=eu-west-1"},
     TWO_PROFILES,
     "",
     "id",
     "K",
     "s",
     NULL,
     "eu-west-1",
     HOST("eu-west-1")},
    {"with a session",
     {KEYS, "AWS_SESSION_TOKEN=t", "AWS_DEFAULT_REGION=eu-west-1"},
     "",
     "",
     "id",
     "K",
     "s",
     "t",
     "eu-west-1",
     HOST("eu-west-1")},
    {"AWS_REGION counts first",
     {KEYS, "AWS_DEFAULT_REGION=a-1", "AWS_REGION=b-1"},
     "",
     "",
     "id",
     "K",
     "s",
     NULL,
     "b-1",
     HOST("b-1")},
    {"half a key is none",
     {"AWS_ACCESS_KEY_ID=K", "AWS_REGION=b-1"},
     TWO_PROFILES,
     "",
     "id",
     "DEFAULT",
     "ds",
     NULL,
     "b-1",
     HOST("b-1")},
    {"empty is not set",
     {"AWS_ACCESS_KEY_ID=", "AWS_SECRET_ACCESS_KEY=s", "AWS_REGION=", "AWS_DEFAULT_REGION=b-1"},
     TWO_PROFILES,
     "",
     "id",
     "DEFAULT",
     "ds",
     NULL,
     "b-1",
     HOST("b-1")},
    {"a profile",
     {"AWS_PROFILE=work"},
     TWO_PROFILES,
     "[default]\nregion=a-1\n[profile work]\nregion=b-1\n",
     "id",
     "WORK",
     "a=b/c+",
     "t",
     "b-1",
     HOST("b-1")},
    {"by the older name",
     {"AWS_DEFAULT_PROFILE=work"},
     TWO_PROFILES,
     "[profile \t work]\nregion=b-1\n",
     "id",
     "WORK",
     "a=b/c+",
     "t",
     "b-1",
     HOST("b-1")},
    {"line ends, comments, sections in between",
     {NULL},
     "# [default]\r\n; x\r\n[other]\r\naws_access_key_id=O\r\n[default] # mine\r\n"
     "#aws_access_key_id=C\r\n aws_access_key_id=I\r\naws_access_key_id_x=X\r\naws_access_key_id = D\r\n"
     "no sign\r\naws_secret_access_key=ds",
     "[default]\r\ns3 =\r\n  region = nested-1\r\nregion = b-1\r\n",
     "id",
     "D",
     "ds",
     NULL,
     "b-1",
     HOST("b-1")},
    {"a name that another begins with",
     {"AWS_PROFILE=wor"},
     TWO_PROFILES,
     "[profile wor]\nregion=b-1\n",
     "id",
     NULL,
     NULL,
     NULL,
     NULL,
     NULL},
    {"nothing behind the sign",
     {"AWS_REGION=b-1"},
     "[default]\naws_access_key_id=\naws_secret_access_key=ds\n",
     "",
     "id",
     NULL,
     NULL,
     NULL,
     NULL,
     NULL},
    {"no session behind the sign",
     {"AWS_REGION=b-1"},
     "[default]\naws_access_key_id=K\naws_secret_access_key=ds\naws_session_token=\n",
     "",
     "id",
     "K",
     "ds",
     NULL,
     "b-1",
     HOST("b-1")},
    {"files elsewhere",
     {"AWS_SHARED_CREDENTIALS_FILE=c", "AWS_CONFIG_FILE=~/r"},
     "",
     "",
     "id",
     "C",
     "cs",
     NULL,
     "r-1",
     HOST("r-1")},
    {"the region of the ARN",
     {KEYS},
     "",
     "",
     "arn:aws:secretsmanager:sa-east-1:1:secret:x",
     "K",
     "s",
     NULL,
     "sa-east-1",
     HOST("sa-east-1")},
    {"what is configured counts before the ARN",
     {KEYS},
     "",
     "[default]\nregion=b-1\n",
     "arn:aws:secretsmanager:sa-east-1:1:secret:x",
     "K",
     "s",
     NULL,
     "b-1",
     HOST("b-1")},
    {"an ARN that is cut", {KEYS}, "", "", "arn:aws:x", NULL, NULL, NULL, NULL, NULL},
    {"an ARN without a region", {KEYS}, "", "", "arn:aws:iam::1:x", NULL, NULL, NULL, NULL, NULL},
    {"no region", {KEYS}, "", "", "id", NULL, NULL, NULL, NULL, NULL},
    {"a region that is a host",
     {KEYS, "AWS_REGION=x.evil.example/"},
     "",
     "",
     "id",
     NULL,
     NULL,
     NULL,
     NULL,
     NULL},
    {"China",
     {KEYS, "AWS_REGION=cn-north-1"},
     "",
     "",
     "id",
     "K",
     "s",
     NULL,
     "cn-north-1",
     HOST("cn-north-1") ".cn"},
    {"an endpoint",
     {KEYS, "AWS_REGION=b-1", "AWS_ENDPOINT_URL=https://e"},
     "",
     "",
     "id",
     "K",
     "s",
     NULL,
     "b-1",
     "https://e"},
    {"the service's own endpoint",
     {KEYS, "AWS_REGION=b-1", "AWS_ENDPOINT_URL=https://e",
      "AWS_ENDPOINT_URL_SECRETS_MANAGER=https://s"},
     "",
     "",
     "id",
     "K",
     "s",
     NULL,
     "b-1",
     "https://s"},
};

#define COUNT (sizeof(cases) / sizeof(cases[0]))

static void expect(const char *found, const char *wanted)
{
    if (wanted == NULL)
        ck_assert_ptr_null(found);
    else
        ck_assert_str_eq(found, wanted);
}

START_TEST(test_settings)
{
    const struct aws_case *row = &cases[_i];
    struct aws_settings settings;
    struct error error = {0};
    bool read = false;

    ck_assert_int_eq(clearenv(), 0);
    ck_assert_int_eq(setenv("HOME", folder, 1), 0);
    ck_assert_int_eq(setenv("AWS_EC2_METADATA_DISABLED", "true", 1), 0);
    for (size_t i = 0; i < 8 && row->environment[i] != NULL; i++)
        ck_assert_int_eq(putenv((char *)row->environment[i]), 0);
    ck_assert_int_eq(mkdir(".aws", 0700), 0);
    make_file(".aws/credentials", row->credentials, 0600);
    make_file(".aws/config", row->config, 0600);
    make_file("c", "[default]\naws_access_key_id=C\naws_secret_access_key=cs\n", 0600);
    make_file("r", "[default]\nregion=r-1\n", 0600);

    read = aws_settings_read(row->id, 1000, 1000, &settings, &error);
    ck_assert_msg(read == (row->key != NULL), "%s: %s", row->name, error.text);
    if (read) {
        expect(settings.keys.key, row->key);
        expect(settings.keys.secret, row->secret);
        expect(settings.keys.token, row->token);
        expect(settings.region, row->region);
        expect(settings.endpoint, row->endpoint);
    } else {
        ck_assert_int_eq(error.kind, ERROR_USAGE);
    }
    aws_settings_clear(&settings);
    ck_assert_ptr_null(settings.keys.secret);
}
END_TEST

/* Others could have put any key there. */
START_TEST(test_a_file_that_others_may_write)
{
    struct aws_settings settings;
    struct error error = {0};

    ck_assert_int_eq(clearenv(), 0);
    ck_assert_int_eq(setenv("HOME", folder, 1), 0);
    ck_assert_int_eq(setenv("AWS_EC2_METADATA_DISABLED", "true", 1), 0);
    ck_assert_int_eq(mkdir(".aws", 0700), 0);
    make_file(".aws/credentials", TWO_PROFILES, 0602);
    ck_assert(!aws_settings_read(ID, 1000, 1000, &settings, &error));
    ck_assert_int_eq(error.kind, ERROR_USAGE);
    aws_settings_clear(&settings);
    ck_assert_int_eq(chmod(".aws/credentials", 0600), 0);
    ck_assert(aws_settings_read(ID, 1000, 1000, &settings, &error));
    aws_settings_clear(&settings);
}
END_TEST

Suite *aws_settings_suite(void)
{
    Suite *suite = suite_create("aws_settings");
    TCase *tests = tcase_create("aws_settings");

    tcase_add_checked_fixture(tests, folder_enter, folder_leave);
    tcase_add_loop_test(tests, test_settings, 0, COUNT);
    tcase_add_test(tests, test_a_file_that_others_may_write);
    suite_add_tcase(suite, tests);
    return suite;
}
