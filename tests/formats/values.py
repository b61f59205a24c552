# SPDX-License-Identifier: MIT
"""Values that have broken somebody's quoting, and random ones made of the same stuff."""

from __future__ import annotations

import random

NAMED = {
    "plain": "aZ09tokenTOKEN",
    "url": "https://vpn.example.com:8443/path?x=1&y=2",
    "empty": "",
    "single quote": "it's",
    "double quote": 'say "hi"',
    "both quotes": "it's \"both\"",
    "quoted whole": "'whole'",
    "quoted whole 2": '"whole"',
    "dollar": "cost $HOME $1 $$",
    "braces": "${HOME} $(id) ${x:-y}",
    "terraform": "%{if true}x%{endif} ${var.x} %% $${",
    "doubled braces": "$${x} %%{y} $$${z}",
    "backquotes": "`id` ``",
    "backslash": "a\\b",
    "backslashes": "\\\\ \\n \\t \\' \\\" \\$ \\",
    "backslash end": "end\\",
    "newline": "one\ntwo",
    "newline end": "one\n",
    "heredoc": "EOF\nghadelimiter_x\npritunl_access_\nX<<EOF",
    "CR": "one\rtwo",
    "CR end": "one\r",
    "CR LF": "one\r\ntwo",
    "exclamation": "wow! !! !x !$",
    "hash": "#start and # middle #",
    "hash space": "value # comment",
    "equals": "=a=b==",
    "spaces": "  both ends  ",
    "tab": "\ttab\tend\t",
    "dash": "-n -e --help",
    "dashes": "--",
    "colon": "a: b: c",
    "yaml": "- [a, {b: c}] &x *y !z | > @",
    "yaml words": "yes",
    "null": "null",
    "number": "0123",
    "percent": "%s%n%d %41 %0A",
    "glob": "* ? [a-z] ~ ~/x",
    "separators": "a;b|c&d<e>f(g)h",
    "controls": "\x01\x02\x07\x08\x0b\x0c\x1b[31m\x1f\x7f",
    "C1": "a\x80\x85\x9bb",
    "latin": "Zürich façade ñ",
    "decomposed": "Zu\u0308rich",
    "greek, hebrew, thai": "αβγ שלום ไทย",
    "cjk": "日本語 한국어 中文",
    "jamo": "\u1112\u1161\u11ab",
    "emoji": "🔑 👩\u200d💻 🇨🇭",
    "line separators": "a\u2028b\u2029c\u0085d\u00a0e",
    "BOM": "\ufeffx\ufeff",
    "noncharacters": "\ufffe\uffff\ufdd0\U0001ffff",
    "private": "\ue000\uf600\uf8ff\U0010fffd",
    "direction": "\u202eabc\u2066x",
    "10 kB": "k" * 10_240,
    "10 kB of quotes": "'\"`$\\" * 2_048,
    "65 kB": "L" * 66_000,
    "not UTF-8": b"\xff\xfe\x80abc",
    "broken UTF-8": b"ok\xc3",
}

PIECES = ["'", '"', "`", "$", "${", "$(", "%{", "%", "}", ")", "\\", "\\\\", "\\'", "\\n", "\n", "\r", "\t", " ", "  ", "!", "#", " #",
          "=", "-", "--", ":", ": ", ";", "&", "|", "<", "<<", ">", "*", "?", "[", "]", "{", "~", "@", ",", "^", "a", "b", "Z", "0", "1",
          "n", "x", "u", "é", "e\u0301", "ß", "ж", "日", "🔑", "\u200d", "\u2028", "\u0085", "\ufeff", "\x01", "\x1b", "\x7f", "null",
          "true", "EOF", "export ", "HOME", "\u0301", "\uf612", "\ufdd1"]


def as_bytes(value: str | bytes) -> bytes:
    """A value as it goes into an environment."""
    return value if isinstance(value, bytes) else value.encode()


def named() -> dict[str, bytes]:
    """The values that have names."""
    return {name: as_bytes(value) for name, value in NAMED.items()}


def random_values(count: int, seed: int) -> list[bytes]:
    """As many values: most are short and made of what hurts, some are any Unicode, some any bytes but NUL."""
    choose = random.Random(seed)
    made = []
    while len(made) < count:
        kind = choose.random()
        length = choose.choice((1, 2, 3, 4, 6, 9, 14, 25))
        if kind < 0.75:
            made.append("".join(choose.choices(PIECES, k=length)).encode())
        elif kind < 0.85:
            made.append("".join(chr(choose.randrange(32, 127)) for _ in range(length)).encode())
        elif kind < 0.95:
            points = (choose.randrange(1, 0x110000) for _ in range(length))
            made.append("".join(chr(point) for point in points if not 0xD800 <= point <= 0xDFFF).encode())
        else:
            made.append(bytes(choose.randrange(1, 256) for _ in range(length)))
    return made
