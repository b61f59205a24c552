# SPDX-License-Identifier: MIT
"""What stands between a client and Pritunl, and what it answers: status, headers and body as its public documentation has them."""

from __future__ import annotations

import socket
import socketserver
import threading
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus

QUERY = "redirect-query-nobody-may-see"
PAGE = "<html>\r\n<head><title>{0}</title></head>\r\n<body>\r\n<center><h1>{0}</h1></center>\r\n</body>\r\n</html>\r\n"


@dataclass
class Answer:
    """One answer in full."""

    who: str
    status: int
    headers: dict
    body: str | bytes = ""
    cause: str = "proxy-answer"
    names: str = ""
    """What must be said of whoever answered."""
    dates: float = field(default=0)
    """Seconds by which its Date differs from the clock."""

    def wire(self, length=None):
        """The bytes; length is a Content-Length that is not the true one."""
        body = self.body.encode() if isinstance(self.body, str) else self.body
        phrase = HTTPStatus(self.status).phrase if self.status in iter(HTTPStatus) else "Whatever"
        lines = [f"HTTP/1.1 {self.status} {phrase}", f"Date: {formatdate(_now() + self.dates, usegmt=True)}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        lines += [f"Content-Length: {len(body) if length is None else length}", "Connection: close", "", ""]
        return "\r\n".join(lines).encode() + body


def _now():
    import time
    return time.time()


HTML, TEXT, JSON = {"Content-Type": "text/html"}, {"Content-Type": "text/plain"}, {"Content-Type": "application/json"}

ANSWERS = [
    Answer("nginx", 503, {"Server": "nginx/1.24.0"} | HTML, PAGE.format("503 Service Temporarily Unavailable"), names="nginx"),
    Answer("nginx, its login", 401, {"Server": "nginx", "WWW-Authenticate": 'Basic realm="Restricted"'} | HTML,
           PAGE.format("401 Authorization Required"), names="nginx"),
    Answer("nginx, its limit", 429, {"Server": "nginx"} | HTML, PAGE.format("429 Too Many Requests"), names="nginx"),
    Answer("Apache", 503, {"Server": "Apache/2.4.57 (Debian)"} | HTML,
           "<!DOCTYPE HTML PUBLIC \"-//IETF//DTD HTML 2.0//EN\">\n<html><head>\n<title>503 Service Unavailable</title>\n</head></html>",
           names="Apache"),
    Answer("Traefik", 401, {"WWW-Authenticate": 'Basic realm="traefik"'} | TEXT, "401 Unauthorized\n", names="Traefik"),
    Answer("Traefik, nothing behind it", 502, TEXT, "Bad Gateway", "web-not-ready", "Traefik"),
    Answer("Traefik, its limit", 429, {"Retry-After": "3", "X-Retry-In": "3s"} | TEXT, "Too Many Requests", names="3 s"),
    Answer("HAProxy", 503, {"Cache-Control": "no-cache"} | HTML,
           "<html><body><h1>503 Service Unavailable</h1>\nNo server is available to handle this request.\n</body></html>\n",
           names="HAProxy"),
    Answer("Caddy", 502, {"Server": "Caddy"}, "", "web-not-ready", "Caddy"),
    Answer("Kong", 503, {"Server": "kong/3.4.2", "X-Kong-Response-Latency": "1"} | JSON,
           '{"message":"failure to get a peer from the ring-balancer"}', names="Kong"),
    Answer("Kong, its key", 401, {"Server": "kong/3.4.2", "WWW-Authenticate": 'Key realm="kong"'} | JSON,
           '{"message":"No API key found in request"}', names="Kong"),
    Answer("Envoy", 503, {"Server": "envoy"} | TEXT,
           "upstream connect error or disconnect/reset before headers. reset reason: connection failure", names="Envoy"),
    Answer("Istio", 403, {"Server": "istio-envoy", "x-envoy-upstream-service-time": "1"} | TEXT, "RBAC: access denied", names="Istio"),
    Answer("AWS ALB", 503, {"Server": "awselb/2.0"} | HTML, PAGE.format("503 Service Temporarily Unavailable"), names="AWS"),
    Answer("AWS ALB, its login", 302, {"Server": "awselb/2.0", "Location": "https://login.example.com/authorize?state=" + QUERY},
           "", "redirected", "AWS"),
    Answer("AWS WAF", 202, {"Server": "awselb/2.0", "x-amzn-waf-action": "challenge"} | HTML, "", names="AWS WAF"),
    Answer("CloudFront", 403, {"Server": "CloudFront", "X-Cache": "Error from cloudfront", "X-Amz-Cf-Id": "abc==",
                               "Via": "1.1 abc.cloudfront.net (CloudFront)"} | HTML, PAGE.format("ERROR: The request could not be satisfied"),
           names="CloudFront"),
    Answer("Cloudflare 521", 521, {"Server": "cloudflare", "CF-RAY": "7d0-FRA"} | TEXT, "error code: 521", names="Cloudflare"),
    Answer("Cloudflare 520", 520, {"Server": "cloudflare", "CF-RAY": "7d0-FRA"} | TEXT, "error code: 520", names="Cloudflare"),
    Answer("Cloudflare, a challenge", 403, {"Server": "cloudflare", "CF-RAY": "7d0-FRA", "Cf-Mitigated": "challenge"} | HTML,
           "<!DOCTYPE html><html><head><title>Just a moment...</title></head></html>", names="Cloudflare"),
    Answer("Cloudflare Access", 302, {"Server": "cloudflare", "CF-RAY": "7d0-FRA",
                                      "Location": "https://team.cloudflareaccess.com/cdn-cgi/access/login/vpn.example.com?kid=a&meta=" + QUERY},
           "", "redirected", "Cloudflare Access"),
    Answer("Akamai", 403, {"Server": "AkamaiGHost", "Mime-Version": "1.0"} | HTML,
           "<HTML><HEAD>\n<TITLE>Access Denied</TITLE>\n</HEAD><BODY>\n<H1>Access Denied</H1>\nReference #18.7a</BODY></HTML>", names="Akamai"),
    Answer("Fastly", 503, {"Server": "Varnish", "X-Served-By": "cache-fra-etou8220088-FRA", "X-Cache": "MISS", "Via": "1.1 varnish"} | HTML,
           "<!DOCTYPE html><html><body><h1>Error 503 Backend fetch failed</h1></body></html>", names="Fastly"),
    Answer("Azure Application Gateway", 502, {"Server": "Microsoft-Azure-Application-Gateway/v2"} | HTML,
           PAGE.format("502 Bad Gateway"), names="Azure"),
    Answer("Google's load balancer", 502, {"Via": "1.1 google"} | HTML,
           "<html><head><title>502 Server Error</title></head><body><h2>The server encountered a temporary error and could not "
           "complete your request.</h2></body></html>", names="Google"),
    Answer("Google IAP", 401, {"X-Goog-IAP-Generated-Response": "true"} | HTML, "Invalid IAP credentials: empty token",
           names="Identity-Aware Proxy"),
    Answer("Zscaler", 307, {"Server": "Zscaler/6.2", "Location": "https://gateway.zscaler.net/auD?origurl=" + QUERY}, "",
           "redirected", "Zscaler"),
    Answer("Squid", 503, {"Server": "squid/5.7", "X-Squid-Error": "ERR_CONNECT_FAIL 111", "Via": "1.1 proxy (squid/5.7)"} | HTML,
           PAGE.format("ERROR: The requested URL could not be retrieved"), names="Squid"),
    Answer("Squid, its login", 407, {"Server": "squid/5.7", "Proxy-Authenticate": 'Basic realm="proxy"',
                                     "X-Squid-Error": "ERR_CACHE_ACCESS_DENIED 0"} | HTML, PAGE.format("ERROR"), names="Squid"),
    Answer("F5 BIG-IP ASM", 200, HTML,
           "<html><head><title>Request Rejected</title></head><body>The requested URL was rejected. Please consult with your "
           "administrator.<br><br>Your support ID is: 1439</body></html>"),
    Answer("F5 BIG-IP APM", 302, {"Server": "BigIP", "Location": "/my.policy"}, "", "redirected", "F5"),
    Answer("a captive portal", 511, HTML, PAGE.format("Network Authentication Required")),
    Answer("a captive portal's redirect", 302, {"Location": "http://portal.example.net/login?mac=" + QUERY}, "", "redirected"),
    Answer("oauth2-proxy", 403, {"Set-Cookie": "_oauth2_proxy_csrf=x; Path=/"} | HTML,
           "<!DOCTYPE html><html><head><title>Sign In</title></head></html>", names="oauth2-proxy"),
    Answer("oauth2-proxy, by a subrequest", 401, TEXT, "Unauthorized\n", names="login"),
    Answer("Authelia", 302, {"Location": "https://auth.example.com/?rd=" + QUERY, "Set-Cookie": "authelia_session=x; Path=/"} | HTML,
           "<a href=\"https://auth.example.com/?rd=x\">302 Found</a>", "redirected", "Authelia"),
    Answer("a rate limiter", 429, {"Retry-After": "30"} | TEXT, "Too Many Requests", names="rate limiter"),
    Answer("a cache's old refusal", 401, {"Age": "90000", "Content-Type": "text/html; charset=utf-8"}, "401: Unauthorized",
           names="cache", dates=-90000),
    Answer("a cache's old acceptance", 200, {"X-Cache": "HIT from proxy"} | JSON, '{"org_count": 1, "server_version": "1.34.4681.89"}',
           names="cache"),
]
PONG = Answer("Pritunl", 200, TEXT, "OK")
STATUS = Answer("Pritunl", 200, JSON, '{"org_count": 1, "server_version": "1.34.4681.89"}')
REFUSED = Answer("Pritunl", 401, {"Content-Type": "text/html; charset=utf-8"}, "401: Unauthorized")


class Between(socketserver.ThreadingTCPServer):
    """Answers each request with the bytes of tell(path, request); None closes without an answer."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.tell = lambda path, request: PONG.wire()
        self.requests: list[bytes] = []
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self):
        """Its base URL."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(socketserver.BaseRequestHandler):
    def handle(self):
        data = b""
        while b"\r\n\r\n" not in data:
            more = self.request.recv(65536)
            if not more:
                return
            data += more
        self.server.requests.append(data)
        answer = self.server.tell(data.split(b" ")[1].decode(), data)
        if answer is not None:
            self.request.sendall(answer)
        self.request.shutdown(socket.SHUT_WR)
