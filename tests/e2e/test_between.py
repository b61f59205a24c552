# SPDX-License-Identifier: MIT
"""Who answered? What stands between is named, and never taken for Pritunl's judgement of a pair."""

from __future__ import annotations

import gzip
import zlib

import pytest
from between import ANSWERS, PONG, QUERY, REFUSED, STATUS, Answer, Between
from expect import failed, private


@pytest.fixture(scope="module")
def server():
    """A server whose answers a test chooses."""
    with Between() as server:
        yield server
        server.shutdown()


@pytest.fixture
def ask(tool, server, canaries):
    """ask(tell, *words): run the tool with a pair from a file; verify, unless words say otherwise."""
    token, secret = "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY", "Zz9Yy8Xx7Ww6Vv5Uu4Tt3Ss2Rr1Qq0Pp"
    canaries.register(secret)
    pair = private(tool.home / "pair.env", f"PRITUNL_TOKEN={token}\nPRITUNL_SECRET={secret}\n")

    def run(tell, *words, **options):
        server.tell, server.requests = tell, []
        return tool.run("--source", f"file:{pair}", "--url", server.url, "--timeout", "5", *(words or ("verify", "--json")), **options)
    return run


def after_the_ping(answer):
    """/ping is Pritunl's; everything else is answered so."""
    return lambda path, request: PONG.wire() if path == "/ping" else answer.wire()


def judged(result, answer):
    """The answer object of `verify`: unknown, with the cause, and with the one who answered."""
    told = result.json()
    assert (result.status, told["verdict"], told["cause"]) == (5, "unknown", answer.cause), told
    assert answer.names in told["detail"], told
    return told


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: answer.who)
def test_the_signed_request_alone(ask, server, answer):
    told = judged(ask(after_the_ping(answer)), answer)
    assert told["status"] == answer.status and told["latency_ms"] > 0
    if answer.dates:
        assert told["clock_skew_s"] == 0, "a cache's date is not the clock"
    result = ask(after_the_ping(answer), "verify")
    message = failed(result, 5, attempt=" ")
    assert "refuses" not in message and "rotate" not in result.stderr and "enable" not in result.stderr
    assert QUERY not in result.stderr and "team.cloudflareaccess.com" not in result.stderr.splitlines()[-1]
    assert ask(after_the_ping(answer), "export", "-o", "-").status == 5


@pytest.mark.parametrize("answer", [each for each in ANSWERS if not each.who.startswith("a cache")], ids=lambda answer: answer.who)
def test_every_request(ask, server, answer):
    """`api` says the same, and nothing signed goes out where /ping shows it already."""
    judged(ask(lambda path, request: answer.wire()), answer)
    result = ask(after_the_ping(answer), "api", "GET", "/organization")
    failed(result, 5, attempt=" ")
    assert QUERY not in result.stdout + result.stderr and "support ID" not in result.stderr


def test_no_cache_is_asked(ask, server):
    assert ask(after_the_ping(STATUS)).status == 0
    assert server.requests and all(b"\r\nCache-Control: no-cache, no-store\r\n" in each and b"\r\nPragma: no-cache\r\n" in each
                                   for each in server.requests)


@pytest.mark.parametrize("mark", [{"Age": "90000"}, {"CF-Cache-Status": "HIT"}, {"X-Cache": "TCP_MEM_HIT from a1"},
                                  {"Cache-Status": "Edge; hit; ttl=100"}], ids=str)
def test_a_cached_ping_tells_no_time(ask, server, mark):
    pong = Answer("cache", 200, {"Content-Type": "text/plain"} | mark, "OK", dates=-90000)

    def tell(path, request):
        if path == "/ping":
            return pong.wire()
        stamps = [int(line.split(b":")[1]) for line in request.split(b"\r\n") if line.lower().startswith(b"auth-timestamp")]
        fresh = stamps and abs(stamps[0] - int(__import__("time").time())) < 43200
        return (STATUS if fresh else REFUSED).wire()
    for words in ((), ("verify", "--json", "--server-time")):
        result = ask(tell, *words)
        assert (result.status, result.json()["verdict"], result.json()["clock_skew_s"]) == (0, "accepted", 0), result.stdout


def test_an_answer_that_a_cache_has_just_fetched_counts(ask):
    for mark in ({"Age": "0", "X-Cache": "MISS"}, {"CF-Cache-Status": "DYNAMIC", "CF-RAY": "1", "Server": "cloudflare"},
                 {"X-Cache": "Miss from cloudfront", "Via": "1.1 x (CloudFront)"}):
        assert ask(after_the_ping(Answer("", 200, STATUS.headers | mark, STATUS.body))).status == 0
        told = ask(after_the_ping(Answer("", 401, REFUSED.headers | mark, REFUSED.body)))
        assert (told.status, told.json()["verdict"]) == (1, "refused")


@pytest.mark.parametrize(("name", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)], ids=["gzip", "deflate"])
def test_an_answer_that_comes_compressed(ask, name, pack):
    packed = Answer("", 200, STATUS.headers | {"Content-Encoding": name}, pack(STATUS.body.encode()))
    assert ask(after_the_ping(packed)).status == 0
    told = ask(after_the_ping(Answer("", 200, packed.headers | {"Content-Encoding": "x-odd"}, packed.body)))
    assert told.status == 5 and told.json()["verdict"] == "unknown"


def test_an_answer_that_is_cut_off(ask):
    result = ask(lambda path, request: PONG.wire() if path == "/ping" else STATUS.wire(length=500))
    told = result.json()
    assert (result.status, told["cause"], told["detail"]) == (5, "unreachable", "the answer was cut off before its end")
    assert "nobody" not in ask(lambda path, request: STATUS.wire(length=500), "verify").stderr


@pytest.mark.parametrize(("location", "attempt"), [
    ("https://vpn.example.com{path}", "--url https://vpn.example.com"),
    ("https://vpn.example.com:8443{path}?x=1", "--url https://vpn.example.com:8443"),
    ("https://sso.example.com/login?back={path}", "pass the API's requests on"),
    ("/login", "pass the API's requests on"),
])
def test_where_a_redirect_leads(ask, location, attempt):
    """Another address of the same API is proposed, a login page is not."""
    def tell(path, request):
        return Answer("", 302, {"Location": location.format(path=path)}).wire()
    failed(ask(tell, "verify"), 5, attempt=attempt)


# ---- the proxy of the environment


@pytest.mark.parametrize("variable", ["http_proxy", "all_proxy"])
def test_a_proxy_that_wants_a_login(tool, server, ask, variable):
    server.tell = lambda path, request: Answer("", 407, {"Proxy-Authenticate": "Basic"}).wire()
    proxy = server.url.replace("http://", "http://user:x-SECRET@")
    result = tool.run("--source", f"file:{tool.home / 'pair.env'}", "--url", "http://vpn.example.com", "verify", env={variable: proxy})
    failed(result, 5, server.url, variable, "login")
    assert "x-SECRET" not in result.stderr


def test_a_tunnel_that_wants_a_login(tool, server, ask):
    server.tell = lambda path, request: Answer("", 407, {"Proxy-Authenticate": "Basic"}).wire()
    result = tool.run("--source", f"file:{tool.home / 'pair.env'}", "--url", "https://vpn.example.com", "verify", "--json",
                      env={"https_proxy": server.url})
    told = result.json()
    assert (result.status, told["cause"]) == (5, "proxy-answer") and server.url in told["detail"] and "https_proxy" in told["detail"]


@pytest.mark.parametrize("value", ["http://proxy.example.com:port", "ftp://proxy.example.com", "http://a b", "http://:3128",
                                   "https://user:x-SECRET@proxy.example.com:3128"])
def test_a_variable_that_names_no_proxy(tool, ask, value):
    result = tool.run("--source", f"file:{tool.home / 'pair.env'}", "--url", "https://vpn.example.com", "verify", env={"https_proxy": value})
    failed(result, 5, "https_proxy", "proxy")
    assert "x-SECRET" not in result.stderr


def test_a_proxy_that_is_not_there(tool, ask, address):
    gone = f"http://{address('refused')}"
    result = tool.run("--source", f"file:{tool.home / 'pair.env'}", "--url", "https://vpn.example.com", "verify", env={"https_proxy": gone})
    failed(result, 5, gone, "https_proxy", "refused")
