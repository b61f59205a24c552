# SPDX-License-Identifier: MIT
"""Files of each kind that people have: what is found in them, and what is refused by name."""

from __future__ import annotations

import base64
import json
import subprocess

import pytest

from formats import readers

TOKEN, SECRET, URL = "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY", "Zz9Yy8Xx7Ww6Vv5Uu4Tt3Ss2Rr1Qq0Pp", "https://vpn.example.com"
OTHER = "0therPairThatIsNotTheOneOfTheSet"


def b64(text: str) -> str:
    """As Kubernetes keeps it."""
    return base64.b64encode(text.encode()).decode()


def fill(text: str) -> bytes:
    """T, S and U in signs that no format uses stand for the values; the same in base64."""
    for sign, value in (("«T64»", b64(TOKEN)), ("«S64»", b64(SECRET)), ("«T»", TOKEN), ("«S»", SECRET), ("«U»", URL), ("«O»", OTHER)):
        text = text.replace(sign, value)
    return text.encode()


def find(text: bytes) -> tuple[str, ...]:
    """What --source file: takes a text for: a pair and its URL, or the reason."""
    out = subprocess.run([readers.ENCODE, "--find"], input=text + b"\0", capture_output=True, timeout=readers.SECONDS, check=True).stdout
    return tuple(part.decode() for part in out[1:].split(b"\0")[:-1]) if out[:1] == b"+" else (out[1:-1].decode(),)


SHELL = "PRITUNL_TOKEN={}\nPRITUNL_SECRET={}\n".format
PAIR = '"PRITUNL_TOKEN": "«T»", "PRITUNL_SECRET": "«S»"'
SECRET_HEAD = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: p\n"
FOUND = {
    # dotenv and shells
    "plain": SHELL("«T»", "«S»"),
    "single quotes": SHELL("'«T»'", "'«S»'"),
    "both quotes": SHELL("'«T»'", '"«S»"'),
    "direnv": 'export PRITUNL_TOKEN="«T»"\nexport PRITUNL_SECRET="«S»"\nlayout python\nPATH_add bin\ndotenv_if_exists\n',
    "comments": '# PRITUNL_TOKEN=old\nPRITUNL_TOKEN=«T» # from the console\nPRITUNL_SECRET="«S>"\t# x\n'.replace("«S>", "«S»"),
    "blanks around the sign": "PRITUNL_TOKEN = «T»\nPRITUNL_SECRET= «S»\n",
    "blanks in front": "  PRITUNL_TOKEN=«T»\n\texport PRITUNL_SECRET=«S»\n",
    "CR LF": "PRITUNL_TOKEN=«T»\r\nA=b\r\nPRITUNL_SECRET='«S»'\r\n",
    "BOM": "\ufeffPRITUNL_TOKEN=«T»\nPRITUNL_SECRET=«S»\n",
    "no last line break": "PRITUNL_TOKEN=«T»\nPRITUNL_SECRET=«S»",
    "other lines": SHELL("«T»", "«S»") + 'MSG="a\\nb"\nG=hello world\nD=${HOME}/x\nW=don\'t\nE=$(date)\nU=m+srv://h/db?a=b&w=m\nJ={"a": 1}\nnot a line\n[x]\n',
    "several lines in quotes": 'KEY="-----BEGIN\nPRITUNL_SECRET_OLD=1\n-----END"\n' + SHELL("«T»", "«S»"),
    "set -a": "#!/bin/sh\nset -a\n" + SHELL("«T»", "«S»") + "set +a\n",
    "the last counts": "PRITUNL_TOKEN=old\n" + SHELL("«T»", "«S»"),
    "one export": "export PRITUNL_TOKEN=«T» PRITUNL_SECRET='«S»'\n",
    "old export": "PRITUNL_TOKEN=«T»; export PRITUNL_TOKEN\nPRITUNL_SECRET='«S»'; export PRITUNL_SECRET\n",
    "declare": 'declare -x PRITUNL_TOKEN="«T»"\ndeclare -x PRITUNL_SECRET="«S»"\ndeclare -x HOME="/root"\n',
    "readonly": "readonly PRITUNL_TOKEN=«T»\ntypeset -x PRITUNL_SECRET=«S»\n",
    "quotes in pieces": "export PRITUNL_TOKEN='«T»'''\nexport PRITUNL_SECRET='''«S»'\n",
    "a script": "#!/usr/bin/env bash\nset -euo pipefail\nif [ -z \"$X\" ]; then\n  X=1\nfi\nfunction f() {\n  local a=b\n}\ncase $1 in a|b) Y=1 ;; esac\n"
                "export PRITUNL_TOKEN=«T»\nexport PRITUNL_SECRET=\"«S»\"\nexec terraform \"$@\"\n",
    "a heredoc beside": "cat >x <<'EOF'\nA=don't\nEOF\nexport PRITUNL_TOKEN=«T»\nexport PRITUNL_SECRET=«S»\n",
    "systemd": "; a comment\nPRITUNL_TOKEN=«T»\nPRITUNL_SECRET=\"«S»\"\n",
    "fish": "# mine\nset -gx PRITUNL_TOKEN «T»\nset --export --global PRITUNL_SECRET \"«S»\"\nif test -n \"$x\"\n  set -l y 1\nend\nalias a b\n",
    "fish's other ways": "set -Ux PRITUNL_TOKEN '«T»'; export PRITUNL_SECRET=«S»\n",
    "GitHub": "PRITUNL_TOKEN<<X\n«T»\nX\nA=b\nPRITUNL_SECRET<<ghadelimiter_1\n«S»\nghadelimiter_1\n",
    # YAML
    "digits first": "pritunl_api_token: «T»\npritunl_api_secret: «S»\n",
    "quoted keys": "---\n'pritunl_token': \"«T»\"\n\"pritunl_secret\": '«S»'\n...\n",
    "block": "pritunl_token: |-\n  «T»\npritunl_secret: >-\n  «S»\n",
    "inventory": "all:\n  hosts:\n    a: {}\n  vars:\n    pritunl_token: «T» # mine\n    pritunl_secret: «S»\n    n: 1\n    list: [a, {b: c}]\n",
    "a list": "- name: x\n  vars:\n    pritunl_api_token: «T»\n    pritunl_api_secret: «S»\n- 1\n",
    "documents": "a: 1\n---\nPRITUNL_TOKEN: «T»\nPRITUNL_SECRET: «S»\n---\n- b\n",
    "flow": "{PRITUNL_TOKEN: «T», PRITUNL_SECRET: '«S»', n: [1, 2]}\n",
    "CR LF in YAML": "pritunl_token: «T»\r\npritunl_secret: «S»\r\n",
    "anchors": "x: &t «T»\ny: &all\n  PRITUNL_TOKEN: *t\n  PRITUNL_SECRET: «S»\nz:\n  <<: *all\n  a: b\n",
    "docker compose": "services:\n  a:\n    image: x\n    environment:\n      - PRITUNL_TOKEN=«T»\n      - PRITUNL_SECRET=«S»\n      - OTHER=${OTHER}\n",
    "docker compose, a map": "services:\n  a:\n    environment:\n      PRITUNL_TOKEN: «T»\n      PRITUNL_SECRET: \"«S»\"\n      DEBUG: ${DEBUG}\n",
    "a Deployment": "kind: Deployment\nspec:\n  containers:\n  - env:\n    - name: PRITUNL_TOKEN\n      value: «T»\n    - name: PRITUNL_SECRET\n      value: «S»\n"
                    "    - name: A\n      valueFrom: {fieldRef: {fieldPath: b}}\n",
    # Kubernetes
    "data": SECRET_HEAD + "data:\n  PRITUNL_TOKEN: «T64»\n  PRITUNL_SECRET: \"«S64»\"\n",
    "stringData": SECRET_HEAD + "type: Opaque\nstringData:\n  PRITUNL_TOKEN: «T»\n  PRITUNL_SECRET: «S»\n",
    "both, and stringData counts": SECRET_HEAD + f"data:\n  PRITUNL_TOKEN: {b64('an older token')}\n  PRITUNL_SECRET: «S64»\nstringData:\n  PRITUNL_TOKEN: «T»\n",
    "documents of Kubernetes": "kind: ConfigMap\ndata: {a: b}\n---\n" + SECRET_HEAD + "data: {PRITUNL_TOKEN: «T64», PRITUNL_SECRET: «S64»}\n",
    "List": "kind: List\nitems:\n- kind: ConfigMap\n- kind: Secret\n  data:\n    PRITUNL_TOKEN: «T64»\n    PRITUNL_SECRET: «S64»\n",
    "CR LF in a manifest": (SECRET_HEAD + "data:\n  PRITUNL_TOKEN: «T64»\n  PRITUNL_SECRET: «S64»\n").replace("\n", "\r\n"),
    "kubectl -o json": '{"kind": "Secret", "data": {"PRITUNL_TOKEN": "«T64»", "PRITUNL_SECRET": "«S64»"}, "metadata": {"name": "x"}}',
    "kubectl -o json, a list": '{"kind": "List", "items": [{"kind": "Secret", "data": {"a": "Yg=="}}, {"kind": "Secret", "data": {"PRITUNL_TOKEN": "«T64»", "PRITUNL_SECRET": "«S64»"}}]}',
    "fields as keys of a Secret": SECRET_HEAD + "data:\n  token: «T64»\n  secret: «S64»\n",
    # JSON
    "vault": '{"request_id": "x", "lease_duration": 0, "data": {"data": {' + PAIR + '}, "metadata": {"version": 1}}, "auth": null}',
    "vault, version 1": '{"data": {' + PAIR + '}, "wrap_info": null}',
    "terraform output": '{"pritunl_token": {"sensitive": true, "type": "string", "value": "«T»"}, "pritunl_secret": {"sensitive": true, "type": "string", "value": "«S»"}}',
    "terraform show": '{"values": {"outputs": {"pritunl_token": {"sensitive": true, "value": "«T»"}, "pritunl_secret": {"sensitive": true, "value": "«S»"}}}}',
    "aws": json.dumps({"ARN": "x", "Name": "p", "SecretString": "{" + PAIR + "}"}, ensure_ascii=False),
    "aws ssm": '{"Parameters": [{"Name": "/prod/PRITUNL_TOKEN", "Type": "SecureString", "Value": "«T»"}, {"Name": "/prod/PRITUNL_SECRET", "Value": "«S»"}]}',
    "ECS": '{"containerDefinitions": [{"environment": [{"name": "PRITUNL_TOKEN", "value": "«T»"}, {"name": "PRITUNL_SECRET", "value": "«S»"}]}]}',
    "docker inspect": '[{"Config": {"Env": ["PATH=/bin", "PRITUNL_TOKEN=«T»", "PRITUNL_SECRET=«S»"]}}]',
    "a list of things": '[1, "x", {"a": [{' + PAIR + '}]}]',
    "JSON lines": '{"a": 1}\n{' + PAIR + '}\n[]\n',
    "large numbers and keys twice": '{"n": 123456789012345678901234567890, "x": 1, "x": 2, ' + PAIR + '}',
    "BOM and JSON": '\ufeff{' + PAIR + '}',
    # Terraform
    "types beside": 'region = "x"\nn = 5\nb = true\nl = [\n  "a", # c\n  "b",\n]\nm = { a = 1, "b" : 2 }\npritunl_token = "«T»"\npritunl_secret="«S»" // mine\n',
    "heredocs and comments": '/* pritunl_token = "old" */\nh = <<-EOT\n  pritunl_token = "fake"\nEOT\npritunl_token  = "«T»"\npritunl_secret = "«S»" # x\n',
    "blocks beside": 'variable "x" {\n  default = "y"\n}\npritunl_token = "«T»"\npritunl_secret = "«S»"\n',
    # mongosh
    "pasted": "[\n  { _id: ObjectId('60f1'), username: 'bot', token: '«T»', secret: '«S»' }\n]\n",
    "prompts": "test> use pritunl\nswitched to db pritunl\npritunl> db.administrators.findOne({token: {$ne: null}})\n{\n  _id: ObjectId(\"60f1\"),\n"
               "  username: 'bot',\n  n: Long('1'), d: -1.5e3, u: undefined,\n  token: '«T»',\n  secret: '«S»'\n}\npritunl> \n",
    "the other has none": "[ { username: 'pritunl', token: null, secret: null },\n  { username: 'bot', token: '«T»', secret: '«S»' } ]",
    "the old mongo": '> db.administrators.find()\n{ "_id" : ObjectId("60f1"), "username" : "bot", "token" : "«T»", "secret" : "«S»", "n" : NumberLong(1) }\n> \n',
    "mongoexport": '{"username":"pritunl","token":null,"secret":null}\n{"_id":{"$oid":"60f1"},"username":"bot","token":"«T»","secret":"«S»"}\n',
    "mongoexport --jsonArray": '[{"username":"pritunl","token":null,"secret":null},\n{"username":"bot","token":"«T»","secret":"«S»"}]\n',
    "runCommand": "{ cursor: { firstBatch: [ { username: 'bot', token: '«T»', secret: '«S»' } ], ns: 'x' }, ok: 1 }",
}


@pytest.mark.parametrize("name", FOUND)
def test_found(name):
    assert find(fill(FOUND[name]))[:2] == (TOKEN, SECRET)


URLS = {
    "base": "PRITUNL_BASE_URL=«U»\n", "api": "PRITUNL_API_URL=«U»\n", "host": "PRITUNL_HOST=«U»\n", "url": "PRITUNL_URL=«U»\n", "small": "pritunl_url=«U»\n",
    "tfvar": "TF_VAR_pritunl_url='«U»'\n", "the same twice": "PRITUNL_URL=«U»\nPRITUNL_BASE_URL=\"«U»\"\n", "endpoint": "PRITUNL_ENDPOINT=«U»\n",
    "a host alone is none": "PRITUNL_HOST=vpn\nPRITUNL_URL=«U»\n",
}


@pytest.mark.parametrize("name", URLS)
@pytest.mark.parametrize("names", [("PRITUNL_TOKEN", "PRITUNL_SECRET"), ("PRITUNL_API_TOKEN", "PRITUNL_API_SECRET")])
def test_one_text_one_url(name, names):
    text = URLS[name] + f"{names[0]}=«T»\n{names[1]}=«S»\n"
    assert find(fill(text)) == (TOKEN, SECRET, URL)


def test_a_url_beside_the_object():
    assert find(fill('{"PRITUNL_URL": "«U»", "data": {' + PAIR + '}}')) == (TOKEN, SECRET, URL)


# What is refused, and the words that say why; lines where the text has them.
REFUSED = {
    "expansion": (SHELL("${X}", "«S»"), "line 1", "PRITUNL_TOKEN", "expansion"),
    "command": (SHELL("«T»", '"$(pass show x)"'), "line 2", "PRITUNL_SECRET", "expansion"),
    "backquotes": (SHELL("`cat x`", "«S»"), "line 1", "expansion"),
    "export with an expansion": ("export PRITUNL_TOKEN=\"${X:-y}\"\nexport PRITUNL_SECRET=«S»\n", "line 1", "expansion"),
    "expansion inside": (SHELL("«T»", "a$HOME"), "line 2", "expansion"),
    "expansion in the URL": ("PRITUNL_URL=https://$HOST\n" + SHELL("«T»", "«S»"), "line 1", "PRITUNL_URL", "expansion"),
    "a hash without a blank": (SHELL("abc#def", "«S»"), "line 1"),
    "a backslash in double quotes": (SHELL('"a\\tb"', "«S»"), "line 1", "backslash"),
    "blanks without quotes": (SHELL("a b", "«S»"), "line 1", "blank"),
    "an open quote": (SHELL('"abc', "«S»"), "line 1", "closed"),
    "behind the quote": (SHELL('"abc"x', "«S»"), "line 1", "closing quote"),
    "in a condition": ("if true; then\n  PRITUNL_TOKEN=«T»\nfi\nPRITUNL_SECRET=«S»\n", "line 2", "condition"),
    "in a function": ("f() {\n  export PRITUNL_TOKEN=«T»\n}\nexport PRITUNL_SECRET=«S»\n", "line 2", "function"),
    "only perhaps": ("[ -n \"$CI\" ] && export PRITUNL_TOKEN=«T»\nexport PRITUNL_SECRET=«S»\n", "line 1", "condition"),
    "in a heredoc": ("cat <<EOF\nPRITUNL_TOKEN=«T»\nEOF\nPRITUNL_SECRET=«S»\n", "line 2", "shell"),
    "unset again": ("export PRITUNL_TOKEN=«T»\nexport PRITUNL_SECRET=«S»\nunset PRITUNL_TOKEN\n", "PRITUNL_TOKEN", "command"),
    "behind an exit": ("exit 0\nPRITUNL_TOKEN=«T»\nPRITUNL_SECRET=«S»\n", "line 2", "end"),
    "fish's expansion": ("set -gx PRITUNL_TOKEN $X\nset -gx PRITUNL_SECRET «S»\n", "line 1", "expansion"),
    "fish's list": ("set -gx PRITUNL_TOKEN a b\nset -gx PRITUNL_SECRET «S»\n", "line 1", "list"),
    "fish's condition": ("if true\n  set -gx PRITUNL_TOKEN «T»\nend\nset -gx PRITUNL_SECRET «S»\n", "line 2", "condition"),
    "YAML's number": ("pritunl_token: 12345678901234567890\npritunl_secret: «S»\n", "line 1", "number"),
    "YAML's float": ("a: b\npritunl_token: 1e5\npritunl_secret: «S»\n", "line 2", "number"),
    "YAML's date": ("pritunl_token: 2001-01-01\npritunl_secret: «S»\n", "line 1", "date"),
    "YAML's truth": ("pritunl_token: «T»\npritunl_secret: on\n", "line 2", "truth"),
    "broken YAML": ("pritunl_token: «T»\n  pritunl_secret: «S»\n", "line 2"),
    "a tab in YAML": ("a:\n\tpritunl_token: «T»\n", "line 2"),
    "twice in YAML": ("pritunl_token: a\npritunl_token: «T»\npritunl_secret: «S»\n", "line 2", "twice"),
    "ansible-vault": ("pritunl_token: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6162\npritunl_secret: «S»\n", "line 1", "encrypted"),
    "jinja": ("pritunl_token: \"{{ lookup('env', 'X') }}\"\npritunl_secret: «S»\n", "line 1", "template"),
    "sops": ("pritunl_token: ENC[AES256_GCM,data:abc]\npritunl_secret: ENC[AES256_GCM,data:def]\n", "line 1", "sops"),
    "an alias to nothing": ("pritunl_token: *x\n", "line 1", "anchor"),
    "no base64": (SECRET_HEAD + "data:\n  PRITUNL_TOKEN: «T»!\n  PRITUNL_SECRET: «S64»\n", "line 6", "base64"),
    "sealed": ("kind: SealedSecret\nspec:\n  encryptedData:\n    PRITUNL_TOKEN: AgBy\n    PRITUNL_SECRET: AgBz\n", "line 4", "SealedSecret"),
    "compose's expansion": ("services:\n  a:\n    environment:\n      PRITUNL_TOKEN: x${X}\n      PRITUNL_SECRET: «S»\n", "line 4", "expansion"),
    "broken JSON": ('{"PRITUNL_TOKEN": "«T»",\n "PRITUNL_SECRET": "a" "b"}', "line 2", "column"),
    "a number in JSON": ('{"PRITUNL_TOKEN": 1, "PRITUNL_SECRET": "«S»"}', "number"),
    "two in JSON": ('{"a": {' + PAIR + '}, "b": {"PRITUNL_TOKEN": "«O»", "PRITUNL_SECRET": "«O»"}}', "several", "in a", "in b"),
    "two environments": ("dev:\n  pritunl_token: «T»\n  pritunl_secret: «S»\nprod:\n  pritunl_token: «O»\n  pritunl_secret: «O»\n", "several", "line 2", "line 5"),
    "two sets": (SHELL("«T»", "«S»") + "PRITUNL_API_TOKEN=«O»\nPRITUNL_API_SECRET=«O»\n", "several", "PRITUNL_TOKEN (line 1)", "PRITUNL_API_TOKEN (line 3)"),
    "two URLs": ("PRITUNL_URL=https://a\nPRITUNL_BASE_URL=https://b\n" + SHELL("«T»", "«S»"), "several URLs", "PRITUNL_URL (line 1)", "PRITUNL_BASE_URL (line 2)"),
    "two administrators": ("[ { username: 'a', token: '«T»', secret: '«S»' }, { username: 'b', token: '«O»', secret: '«O»' } ]", "several administrators", "a, b"),
    "a template": ('pritunl_token = "${var.x}"\npritunl_secret = "«S»"\n', "line 1", "expansion"),
    "a list in Terraform": ('a = 1\npritunl_token = ["«T»"]\npritunl_secret = "«S»"\n', "line 2", "no text"),
    "half of it": ("PRITUNL_TOKEN=«T»\n", "without a secret"),
    "nothing": ("A=b\n", "no token and secret"),
    "empty": ("", "no token and secret"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    text, *words = REFUSED[name]
    answer = find(fill(text)) if text else ("no token and secret",)
    assert len(answer) == 1, answer
    assert all(word in answer[0] for word in words), answer[0]
    assert not any(value in answer[0] for value in (TOKEN, SECRET, OTHER))


@pytest.mark.parametrize(("text", "word"), [("\ufeffPRITUNL_TOKEN=a".encode("utf-16-le"), "UTF-16"), ("PRITUNL_TOKEN=a".encode("utf-16"), "UTF-16"),
                                            ("PRITUNL_TOKEN=a".encode("utf-16-be"), "UTF-16"), (b"PRITUNL_TOKEN=a\0b\n", "NUL"), (b"\0\0\0\0", "NUL")])
def test_what_is_no_text(text, word):
    done = subprocess.run([readers.ENCODE, "--decode", "V", "1"], input=text, capture_output=True, timeout=readers.SECONDS, check=False)
    assert done.returncode == 1 and word.encode() in done.stderr
