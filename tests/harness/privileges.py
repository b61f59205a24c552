# SPDX-License-Identifier: MIT
"""Which privileges mongod demands for which command, collection by collection, and whether roles grant them."""

from __future__ import annotations

from collections.abc import Iterator

from harness.messages import Command

HANDSHAKE = {"hello", "saslStart", "saslContinue", "authenticate", "endSessions"}
FREE = HANDSHAKE | {"ping", "buildInfo", "buildinfo", "killCursors", "logout", "whatsmyuri", "connectionStatus"}
READS = {"find", "aggregate", "count", "distinct", "getMore"}
WRITES = {"insert", "update", "delete", "findAndModify", "create", "createIndexes", "drop", "dropDatabase", "collMod"}
ACTIONS = {"insert": "insert", "update": "update", "delete": "remove", "create": "createCollection", "drop": "dropCollection",
           "createIndexes": "createIndex", "listCollections": "listCollections", "listIndexes": "listIndexes"}
NAMES = {13: "Unauthorized", 115: "CommandNotSupported", 238: "NotImplemented", 10107: "NotWritablePrimary",
         13435: "NotPrimaryNoSecondaryOk"}


def allows(privileges: list[dict] | None, action: str, database: str, collection: str) -> bool:
    """Whether one of these privileges grants the action; None grants all. An empty name in a resource means any."""
    if privileges is None:
        return True
    for privilege in privileges:
        resource = privilege["resource"]
        fits = resource.get("anyResource") or ("db" in resource and resource["db"] in ("", database)
                                               and resource["collection"] in ("", collection))
        if fits and action in privilege["actions"]:
            return True
    return False


def error(code: int, text: str) -> dict:
    """A command's error as a server answers it."""
    return {"ok": 0.0, "errmsg": text, "code": code, "codeName": NAMES.get(code, f"Location{code}")}


def _actions(command: Command) -> list[str]:
    """What is done to the command's own collection."""
    name, body = command.name, command.body
    if name in READS:
        return ["find"]
    if name == "findAndModify":
        return ["find", "remove" if body.get("remove") else "update"] + ["insert"] * bool(body.get("upsert"))
    return [ACTIONS.get(name, name)] + ["insert"] * any(update.get("upsert") for update in body.get("updates", ()))


def _other(spec) -> str:
    """The collection that a stage names."""
    if isinstance(spec, str):
        return spec
    return (spec.get("coll") or spec.get("from") or spec.get("into") or "") if isinstance(spec, dict) else ""


def needs(command: Command) -> list[tuple[str, str, str]]:
    """The privileges that mongod demands for a command: action, database, collection."""
    if command.name in FREE:
        return []
    found = [(action, command.database, command.collection or "") for action in _actions(command)]
    for stage, spec in stages(command.body.get("pipeline")):
        if stage in ("$unionWith", "$lookup", "$graphLookup"):
            found.append(("find", command.database, _other(spec)))
        elif stage in ("$out", "$merge"):
            second = "remove" if stage == "$out" else "update"
            found += [(action, command.database, _other(spec)) for action in ("insert", second)]
    return found


def stages(pipeline) -> Iterator[tuple[str, object]]:
    """Every stage of a pipeline and of the pipelines inside it."""
    for stage in pipeline if isinstance(pipeline, list) else ():
        for name, spec in stage.items():
            yield name, spec
            if isinstance(spec, dict):
                inner = spec.values() if name == "$facet" else [spec.get("pipeline")]
                for part in inner:
                    yield from stages(part)


def fill(template, params: dict):
    """A copy of the template with its {"$param": NAME} replaced, and {"$collection": NAME} by that name behind params["prefix"]."""
    if isinstance(template, dict):
        if "$collection" in template:
            return params.get("prefix", "") + template["$collection"]
        return params[template["$param"]] if "$param" in template else {key: fill(value, params) for key, value in template.items()}
    return [fill(value, params) for value in template] if isinstance(template, list) else template
