# SPDX-License-Identifier: MIT
"""Files as people and other programs write them: a pair under known names, with whatever else such files hold.

Every generator gives a text of its format in which a pair may be found, or may not: what is right is what the format's readers say.
"""

from __future__ import annotations

import base64
import json
import random

NAMES = (("PRITUNL_URL", "PRITUNL_TOKEN", "PRITUNL_SECRET"), ("PRITUNL_BASE_URL", "PRITUNL_API_TOKEN", "PRITUNL_API_SECRET"),
         ("PRITUNL_URL", "PRITUNL_ADMIN_TOKEN", "PRITUNL_ADMIN_SECRET"), ("pritunl_url", "pritunl_api_token", "pritunl_api_secret"),
         ("TF_VAR_pritunl_url", "TF_VAR_pritunl_token", "TF_VAR_pritunl_secret"), ("pritunl_url", "pritunl_token", "pritunl_secret"))
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
ODD = ["'", '"', "`", "$", "${HOME}", "$(echo x)", "\\", "\\n", "\\\\", " ", "#", " #", "=", ";", "&", "|", "!", "*", "~", ":", ": ", "{", "}", "%", ",",
       "é", "日", "-", "[", "]", "<", ">", "(", ")", "\\'", '\\"', "@", "?", "^", "+", "/", "\t"]


class Writer:
    """Chooses; the same seed writes the same files."""

    def __init__(self, seed: int):
        self.random = random.Random(seed)
        self.one = self.random.choice
        self.chance = lambda share: self.random.random() < share

    def word(self, least: int = 8, most: int = 32) -> str:
        """What Pritunl itself would have made."""
        return "".join(self.random.choices(LETTERS, k=self.random.randint(least, most)))

    def value(self, odd: float) -> str:
        """Mostly a plain word, else something that hurts."""
        if not self.chance(odd):
            return self.word()
        pieces = self.random.choices(ODD, k=self.random.randint(1, 3)) + [self.word(1, 6) for _ in range(3)]
        self.random.shuffle(pieces)
        return "".join(pieces)

    def pair(self, odd: float = 0.2) -> dict[str, str]:
        """Names and values, the URL sometimes."""
        names = self.one(NAMES)
        found = {names[1]: self.value(odd), names[2]: self.value(odd)}
        if self.chance(0.5):
            found[names[0]] = f"https://{self.word(3, 8).lower()}.example.com"
        items = list(found.items())
        self.random.shuffle(items)
        return dict(items)

    def lines(self, own: list[str], others: list[str], breaks: str = "\n") -> str:
        """The lines of a file, with others between them."""
        made, rest = [], self.random.sample(others, len(others))
        for line in own:
            made += [rest.pop() for _ in range(self.random.choice((0, 0, 1, 2))) if rest] + [line]
        made += [rest.pop() for _ in range(self.random.choice((0, 1))) if rest]
        return breaks.join(made) + self.one((breaks, ""))


# ---- dotenv and shells

DOTENV_LINES = ["", "# PRITUNL_TOKEN=old", "  # it's a comment", "A=b", "GREETING=hello world", 'MSG="a\\nb"', "DATA=${HOME}/x", "EMPTY=", "export PATH",
                "DATABASE_URL=mongodb+srv://h.example.com/db?retryWrites=true&w=majority", "Q='single'", 'D="double # not a comment"', "set -a",
                "A-B=c", "JSON={\"a\": 1}", "LONG='two\nlines'", "X=$(date)", "B=`date`", "not an assignment", "COLOR=#ff0000", 'P="C:\\dir\\"',
                "W=don't", "PATH_LIKE=C:\\dir", 'S="say \\"hi\\""', "PRITUNL_OTHER=x", "PRITUNL_TOKEN_OLD=y", "R='C:\\dir\\'", "LIST=(a b)", "T=a;b"]


def dotenv(write: Writer) -> str:
    """NAME=value as .env files have it."""
    own = []
    for name, value in write.pair().items():
        quote = write.one(("", "", "'", '"', '"'))
        text = f"{quote}{value}{quote}"
        sign = write.one(("=", "=", "=", "=", " = ", "= ", " ="))
        behind = write.one(("", "", "", " ", " # a comment", "\t# it's one", "#", "#x", " x"))
        # export with single quotes is what a shell writes: what it reads there, it reads alone.
        start = write.one(("", "", "", " ", "export ")) if quote != "'" else ""
        own.append(f"{start}{name}{sign}{text}{behind}")
    if write.chance(0.1):
        own.append(write.one(own))
    if write.chance(0.05):
        own.append(f"{own[0].split('=')[0]}={write.word()}")
    return ("\ufeff" if write.chance(0.05) else "") + write.lines(own, DOTENV_LINES)


SH_LINES = ["", "#!/bin/sh", "# export PRITUNL_TOKEN=old", "set +u", "set -a", "set +a", ". ./other.sh", "A=b", "A=$(date)", 'B="${A:-x}"', "if true; then A=b; fi",
            "for i in 1 2; do A=$i; done", "f() { A=b; }", "function g { A=b; }", "case $A in a) B=c;; *) B=d;; esac", "cat <<EOF\nPRITUNL_TOKEN=fake\nEOF",
            "cat <<-'E'\n\tPRITUNL_SECRET=fake\n\tE", "true && A=b", "[ -n \"$A\" ] || A=b", "A=b true", "(A=b)", "{ A=b; }", "A=1 | true", "alias x='y'",
            "C='it'\\''s'", "D=$'a\\nb'", "declare -x E=f", "export F G=h", "[[ -n $A ]] && B=c", "H=(a b)", "echo \"don't\"", "I=a\\ b", "true # it's", "J=a;K=b"]
SH_OWN = ["{n}={v}", "export {n}={v}", "export {n}={v}", "declare -x {n}={v}", "readonly {n}={v}", "{n}={v}; export {n}", "{n}={v} && true", "true; {n}={v}",
          "export A=b {n}={v}", "if true; then {n}={v}; fi", "false && {n}={v}", "({n}={v})", "{n}={v} true", "typeset -x {n}={v}", "{n}+={v}",
          "f2() {{ {n}={v}; }}", "{n}={v} | true", "while false; do {n}={v}; done", "declare -u {n}={v}", "cat <<X\n{n}={v}\nX", "{n}={v} >/dev/null",
          "export {n}={v} # because", "  export   {n}={v}  ", "true || {n}={v}", "\t{n}={v}", "export -- {n}={v}"]


def shell_word(write: Writer, value: str) -> str:
    """A word for a shell, mostly well quoted."""
    kind = write.random.random()
    if kind < 0.3:
        return value
    if kind < 0.6:
        return "'" + value.replace("'", "'\\''") + "'"
    if kind < 0.8:
        return '"' + value + '"'
    if kind < 0.9:
        return f"{value[:3]}'{value[3:6]}'\"{value[6:]}\""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$").replace("`", "\\`") + '"'


def sh(write: Writer) -> str:
    """A script."""
    pair = write.pair()
    if write.chance(0.2):
        own = ["export " + " ".join(f"{name}={shell_word(write, value)}" for name, value in pair.items())]
    else:
        usual = write.chance(0.7)
        own = [(write.one(SH_OWN[:3]) if usual else write.one(SH_OWN)).format(n=name, v=shell_word(write, value)) for name, value in pair.items()]
    if write.chance(0.05):
        own.append(write.one(("unset PRITUNL_TOKEN", "exit 0", "return", "read -r PRITUNL_TOKEN </dev/null")))
    return write.lines(own, SH_LINES)


FISH_LINES = ["", "# set -gx PRITUNL_TOKEN old", "set -gx A b", "set -e A", "if true; set -gx B c; end", "function f; set -l A b; end", "alias x y", "set -gx PATH /bin $PATH",
              "for i in 1 2; set -g C $i; end", "test -n \"$A\"; and set -g B c", "echo 'it\\'s'", "set -q A", "begin; set -l D e; end", "true # it's"]
FISH_OWN = ["set -gx {n} {v}", "set -gx {n} {v}", "set -x {n} {v}", "set -Ux {n} {v}", "set --export --global {n} {v}", "set {n} {v}", "  set -gx   {n}  {v} # because",
            "export {n}={v}", "set -gx {n} {v}; set -g Z y", "if true; set -gx {n} {v}; end", "true; and set -gx {n} {v}", "set -gx {n} {v} more", "false; or set -gx {n} {v}"]


def fish(write: Writer) -> str:
    """A file for fish."""
    own = []
    usual = write.chance(0.8)
    for name, value in write.pair().items():
        kind = write.random.random()
        word = value if kind < 0.3 else "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'" if kind < 0.6 else f'"{value}"' if kind < 0.8 else f"'{value}'"
        line = write.one(FISH_OWN[:5]) if usual else write.one(FISH_OWN)
        own.append(line.format(n=name, v=word))
    return write.lines(own, FISH_LINES)


# ---- YAML, JSON, Kubernetes

def yaml_scalar(write: Writer, value: str) -> str:
    """A scalar in one of YAML's styles, mostly right."""
    style = write.one(("plain", "plain", "single", "double", "literal", "tagged"))
    if style == "plain":
        return write.one((value, value, str(write.random.randrange(10**20)), "1e5", "0x1F", "yes", "null", "2001-01-01", "12:30:45")) if write.chance(0.2) else value
    if style == "single":
        return "'" + value.replace("'", "''") + "'"
    if style == "literal":
        return f"|-\n      {value}"
    return ("!!str " if style == "tagged" else "") + json.dumps(value, ensure_ascii=write.chance(0.5))


YAML_AROUND = ["a: b", "list:\n  - 1\n  - {x: y}", "# pritunl_token: old", "text: |\n  pritunl_token: fake\n  more", "nested:\n  deep:\n    a: 1", "n: 1.5", "t: 2001-01-01",
               "'quoted': \"x\"", "base: &base {p: q}", "empty:", "vault: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6162", "tabs: \"a\\tb\""]


def yaml(write: Writer) -> str:
    """A mapping somewhere in one or more documents."""
    items = [f"{write.one((name, name, chr(34) + name + chr(34)))}: {yaml_scalar(write, value)}" for name, value in write.pair(0.15).items()]
    kind = write.random.random()
    comment = write.one(("", "", "  # a comment"))
    if kind < 0.35:
        text = write.lines([item + (comment if "\n" not in item else "") for item in items], write.random.sample(YAML_AROUND, 4))
    elif kind < 0.5:
        text = "all:\n  vars:\n" + "".join(f"    {item}\n" for item in items) + write.one(("", "other: 1\n"))
    elif kind < 0.6:
        text = "- a: b\n- " + "\n  ".join(items) + "\n"
    elif kind < 0.7:
        text = "x: 1\n---\n" + "\n".join(items) + "\n...\n---\ny: 2\n"
    elif kind < 0.8:
        text = "{" + ", ".join(item.split("\n")[0] for item in items) + "}\n"
    elif kind < 0.9:
        text = "base: &b\n" + "".join(f"  {item}\n" for item in items) + "prod:\n  <<: *b\n  extra: 1\n"
    else:
        text = "%YAML 1.1\n---\n" + "\n".join(items) + "\n"
    if write.chance(0.1):
        text = text.replace("\n", "\r\n")
    return text


def json_value(write: Writer, pair: dict[str, str]):
    """The pair somewhere in what some program prints."""
    around = {"id": write.random.randrange(10**25), "ok": True, "none": None, "list": [1, {"a": "b"}], "x": "y"}
    kind = write.random.randrange(8)
    if kind == 0:
        return pair
    if kind == 1:
        return around | {"data": {"data": pair, "metadata": {"version": 1}}}
    if kind == 2:
        return {name: {"sensitive": True, "type": "string", "value": value} for name, value in pair.items()} | {"n": {"sensitive": False, "type": "number", "value": 1}}
    if kind == 3:
        return around | {"SecretString": json.dumps(pair, ensure_ascii=write.chance(0.5))}
    if kind == 4:
        return [around, pair | {"other": "thing"}]
    if kind == 5:
        return {"Parameters": [{"Name": f"/prod/{name}", "Value": value} for name, value in pair.items()], "Other": []}
    if kind == 6:
        return around | {"env": [{"name": name, "value": value} for name, value in pair.items()]}
    return around | pair


def json_text(write: Writer) -> str:
    """JSON, also several values, and duplicate keys."""
    value = json_value(write, write.pair())
    text = json.dumps(value, ensure_ascii=write.chance(0.5), indent=write.one((None, 2, 4)))
    if write.chance(0.1):
        text = '{"a": 1}\n' + text + "\n[]\n"
    if write.chance(0.05):
        text = text.replace('"x": "y"', '"x": 1, "x": "y"')
    return text


def secret_parts(write: Writer, pair: dict[str, str]) -> tuple[dict, dict]:
    """Values in base64 and plain ones, one of them now and then over an older one."""
    data, plain = {}, {}
    for name, value in pair.items():
        if write.chance(0.6):
            data[name] = base64.b64encode(value.encode()).decode()
        else:
            plain[name] = value
    if write.chance(0.1):
        name = next(iter(pair))
        data[name], plain[name] = base64.b64encode(b"older than that").decode(), pair[name]
    return data, plain


def kubernetes_json(write: Writer, pair: dict[str, str], data: dict, plain: dict) -> str:
    """As kubectl get -o json prints it, one or a list."""
    annotations = {"kubectl.kubernetes.io/last-applied-configuration": json.dumps({"kind": "Secret", "stringData": {name: "before-that-one" for name in pair}})}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "p", "annotations": annotations}, "type": "Opaque"}
    secret |= ({"data": data} if data else {}) | ({"stringData": plain} if plain else {})
    other = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"A": "b", "n": "1"}}
    if write.chance(0.5):
        return json.dumps(secret, indent=2)
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": [other, secret]})


def kubernetes(write: Writer) -> str:
    """A manifest with a Secret among others."""
    pair = write.pair()
    data, plain = secret_parts(write, pair)
    kind = write.random.randrange(5)
    if kind < 2:
        return kubernetes_json(write, pair, data, plain)
    lines = ["apiVersion: v1", "kind: Secret", "metadata:", "  name: p", "type: Opaque"]
    lines += ["data:"] + [f"  {name}: {write.one((value, json.dumps(value)))}" for name, value in data.items()] if data else []
    lines += ["stringData:"] + [f"  {name}: {json.dumps(value)}" for name, value in plain.items()] if plain else []
    text = "\n".join(lines) + "\n"
    if kind == 2:
        text = "apiVersion: v1\nkind: ConfigMap\ndata:\n  A: b\n---\n" + text
    if kind == 3:
        text = "apiVersion: v1\nkind: List\nitems:\n- " + text.rstrip("\n").replace("\n", "\n  ") + "\n"
    return text.replace("\n", "\r\n") if write.chance(0.15) else text


# ---- Terraform, GitHub, docker, mongosh

TFVARS_LINES = ["", "# pritunl_token = \"old\"", "// pritunl_secret = \"old\"", "/* pritunl_token = \"old\"\n pritunl_secret = \"x\" */", "n = 5", "b = true", "z = null",
                'l = ["a", "b",\n  "c"]', 'm = { a = "b", "c" : "d" }', "h = <<EOT\npritunl_token = \"fake\"\nEOT", "o = {\n  pritunl_token = \"nested\"\n}",
                's = "a # no comment"', 'e = "q\\"uote"', "i = <<-X\n  a\n  X", "f = -1.5e3", "a-b = 1", 't = "$${x}"']


def tfvars(write: Writer) -> str:
    """What Terraform reads as variables."""
    own = []
    for name, value in write.pair(0.25).items():
        kind = write.random.random()
        text = json.dumps(value, ensure_ascii=False) if kind < 0.7 else f'"{value}"'
        if kind < 0.6:
            text = text.replace("${", "$${").replace("%{", "%%{")
        own.append(f"{name}{write.one((' = ', ' = ', '   = ', '=', ' ='))}{text}{write.one(('', '', ' # why', ' // why', '  /* why */'))}")
    if write.chance(0.1):
        own.append(own[0])
    return write.lines(own, write.random.sample(TFVARS_LINES, 6)).rstrip("\n") + "\n"


def github(write: Writer) -> str:
    """GITHUB_ENV."""
    own, others = [], ["BEFORE=1", "JSON<<E\n{\"a\": 1}\nE", "X=y z", "", "Q=\"kept\""]
    for name, value in write.pair().items():
        end = write.one(("EOF", "ghadelimiter_" + write.word(4, 4), "_X"))
        own.append(f"{name}<<{end}\n{value}\n{end}" if write.chance(0.8) else f"{name}={value}")
    return write.lines(own, others).rstrip("\n") + "\n"


def docker(write: Writer) -> str:
    """An env-file that says that it is docker's."""
    mark = "# docker env-file, not dotenv: the next value is all that stands behind the sign\n"
    own = [f"{mark if write.chance(0.9) else ''}{name}={value}" for name, value in write.pair(0.5).items()]
    return write.lines(own, ["# comment", "", "A=b", "PASSED", "Q=\"kept\""], write.one(("\n", "\n", "\r\n")) if not any("\n" in line for line in own) else "\n")


def mongosh(write: Writer) -> str:
    """A paste with prompts, or a part of one."""
    def text(value: str) -> str:
        quote = write.one(("'", "'", '"'))
        return quote + value.replace("\\", "\\\\").replace(quote, "\\" + quote) + quote

    token, secret = write.value(0.2), write.value(0.2)
    fields = ["_id: ObjectId('60f1a2b3c4d5e6f708192a3b')", f"username: {text('pritunl')}", "yubikey_id: null", "when: ISODate('2026-11-22T17:00:00.000Z')",
              f"token: {text(token)}", f"secret: {text(secret)}", "sessions: [ 'a', { x: Long('3') } ]", "auth_api: true", "n: -1.5", "otp: undefined"]
    gap = write.one((" ", "\n  "))
    document = "{" + gap + f",{gap}".join(fields) + gap.rstrip(" ") + "}"
    kind = write.random.randrange(4)
    if kind == 0:
        return document + "\n"
    if kind == 1:
        return "[\n" + document + "\n]\n"
    empty = "{ _id: ObjectId('60f1a2b3c4d5e6f708192a3c'), username: 'none', token: null, secret: null }"
    if kind == 2:
        return f"pritunl> db.administrators.find({{}})\n[\n  {empty},\n  {document}\n]\npritunl> \n"
    return f"Atlas atlas-abc-shard-0 [primary] test> use pritunl\nswitched to db pritunl\npritunl> db.administrators.findOne()\n{document}\npritunl> exit\n"
