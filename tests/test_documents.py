# SPDX-License-Identifier: MIT
"""Every command line that a document shows is run, or stands here with the reason why it is not. (README and manual: test_docs.py.)"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from desk import BINARY, ROOT, open_desk

EXAMPLES = ROOT / "doc" / "examples"
MARKDOWN = sorted(path.relative_to(ROOT).as_posix() for path in [*ROOT.glob("*.md"), *ROOT.glob("doc/**/*.md"), ROOT / "queries" / "README.md"])

# What is not run, by how the line begins, and why.
NOT_RUN = {
    "make": "its targets are compared with the Makefile's; the tests are one of them",
    "sudo make install": "as make; tests/test_static.py installs",
    "sudo apt-get install": "test_docs.py compares the packages with the Makefile's",
    "build/venv/bin/python -m pytest": "a test that runs the tests; the file that it names exists",
    "docker build": "needs an engine; test_docs.py compares its packages with the Makefile's",
    "docker compose -f docker/compose.yaml up": "needs an engine; test_docs.py parses the file",
    "docker compose -f docker/compose.yaml down": "as above",
    "docker compose -f docker/compose.yaml exec": "as above",
}


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """A desk that each recipe finds as it was in the beginning."""
    with open_desk(tmp_path_factory.mktemp("documents")) as desk:
        yield desk


def read(name: str) -> str:
    """A file of the project."""
    return (ROOT / name).read_text(encoding="utf-8")


def scripts(text: str, languages: str = "sh") -> list[str]:
    """The fenced blocks that are for a shell."""
    return re.findall(rf"(?ms)^```(?:{languages})\n(.*?)^```$", text)


def lines_of(script: str) -> list[str]:
    """The command lines of a block, without remarks."""
    return [line.split("  #")[0].strip() for line in script.splitlines() if line.strip() and not line.startswith("#")]


def count(record, run: int, skipped: int = 0) -> None:
    """Add to what is said at the end."""
    record("figure: documents whose command lines are run", 1)
    record("figure: command lines run", run)
    record("figure: command lines not run, for a reason that is named", skipped)


def here(desk, text: str) -> str:
    """A document's text for this place: its hosts, folders and whole paths are those of the desk."""
    direct = desk.uri + ("&" if "?" in desk.uri else "?") + "directConnection=true"
    for there, place in {
        "mongodb://localhost:27018/pritunl?directConnection=true": direct,
        "mongodb://access:PASSWORD@db.example.com/pritunl": desk.uri,
        "mongodb+srv://access:PASSWORD@cluster0.example.mongodb.net/pritunl": desk.uri,
        "/usr/local/bin/pritunl-access": f"{desk.base}/bin/pritunl-access",
        "/run/pritunl/": f"{desk.folder}/", "/etc/pritunl-api/": f"{desk.folder}/", "/etc/pritunl-access.": f"{desk.folder}/pritunl-access.",
        "/var/lib/prometheus/node-exporter/": f"{desk.folder}/",
        "/database/uri": f"{desk.folder}/uri", "/made/": f"{desk.folder}/",
    }.items():
        text = text.replace(there, place)
    return text


def recipes() -> list[tuple[str, list[str]]]:
    """The recipes that have something to run, by their headings."""
    parts = re.split(r"(?m)^## ", read("doc/recipes.md"))[1:]
    return [(part.split("\n", 1)[0], scripts(part)) for part in parts if scripts(part)]


def prepare(desk, title: str) -> dict[str, str]:
    """What the reader of a recipe has before it begins; returns the variables that he has set."""
    desk.renew()
    if title == "After a licence change":
        desk.pritunl.db["administrators"].update_many({}, {"$set": {"auth_api": False}})
    if title == "cloud-init":
        desk.private(desk.folder / "uri", desk.uri)
    if title == "Certificates":
        shutil.copy(ROOT / "doc" / "organizations.py", desk.folder)
    if title == "GitHub Actions":
        return {"GITHUB_ENV": str(desk.folder / "github.env")}
    if title in ("Terraform in CI", "Containers"):
        return desk.known() | {"PRITUNL_ACCESS_MONGODB_URI": desk.uri}
    return desk.known() if title == "Through ssh" else {}


def test_the_recipes_run(desk, record_property):
    """Each in a desk of its own, its blocks one after the other."""
    failed, run = [], 0
    for title, blocks in recipes():
        more = prepare(desk, title)
        for block in blocks:
            done = desk.run(here(desk, block), **more)
            run += len(lines_of(block))
            if done.returncode != 0:
                failed.append(f"{title}: status {done.returncode} of\n{block}{done.stdout}{done.stderr}")
    assert not failed, "\n\n".join(failed)
    count(record_property, run)


def test_what_the_recipes_leave(desk):
    """That the blocks do what the words beside them say."""
    told = dict(recipes())
    more = prepare(desk, "After pritunl reset-password")
    before = desk.pritunl.db["administrators"].find_one({"username": "pritunl"})
    desk.run(told["After pritunl reset-password"][0], **more)
    after = desk.pritunl.db["administrators"].find_one({"username": "pritunl"})
    assert after["_id"] != before["_id"] and (after["token"], after["secret"]) == (before["token"], before["secret"])
    assert not (desk.folder / "pairs.json").exists()
    more = prepare(desk, "GitHub Actions")
    assert "::add-mask::" in desk.run(told["GitHub Actions"][0], **more).stdout
    assert "PRITUNL_TOKEN" in (desk.folder / "github.env").read_text()


def test_the_contents_name_every_recipe():
    text = read("doc/recipes.md")
    titles = re.findall(r"(?m)^## (.*)$", text)
    contents = re.findall(r"(?m)^\[(.*?)\]\(#(.*?)\)", text.split("## ")[0])
    assert contents == [(title, title.lower().replace(",", "").replace(" ", "-")) for title in titles]


def test_what_is_not_run_has_a_reason(record_property):
    """Of the blocks that are not for the desk each line is in the table, and a make target is one of the Makefile's."""
    targets = set(re.findall(r"(?m)^#   make ([a-z-]+)", read("Makefile"))) | set(re.findall(r"[ ,:] make ([a-z-]+)", read("Makefile"))) | {"check-tsan"}
    skipped = 0
    for name in MARKDOWN:
        for line in (line for block in scripts(read(name), "bash") for line in lines_of(block)):
            if line.startswith(("scp ", "ssh ")):
                continue
            assert any(line.startswith(beginning) for beginning in NOT_RUN), (name, line)
            skipped += 1
            for goal in re.findall(r"^make ([a-z -]+?)(?: &&|$)", line):
                assert all(each in targets for each in goal.split() if each != "build/unit"), (name, line)
    record_property("figure: command lines not run, for a reason that is named", skipped)


def test_the_file_goes_to_the_host(desk, record_property):
    """The README's way to install it: the file is in the reader's home there, and then in its place."""
    desk.renew()
    lines = [line for block in scripts(read("README.md"), "bash") for line in lines_of(block) if line.startswith(("scp ", "ssh "))]
    (desk.folder / "place").mkdir()
    done = desk.run("\n".join(lines).replace("/usr/local/bin/", f"{desk.folder}/place/"))
    assert done.returncode == 0 and (desk.folder / "place" / "pritunl-access").stat().st_mode & 0o777 == 0o755, done.stderr
    count(record_property, len(lines))


def commented(path: Path) -> list[str]:
    """The command lines in a file's comments; one goes on behind a backslash."""
    text = re.sub(r"\\\n#\s+", "", path.read_text())
    lines = re.findall(r"(?m)^# {1,3}((?:cp|systemctl|docker|kubectl|/usr/local/bin/pritunl-access) .*)$", text)
    return [re.split(r"  +[(#]", line)[0] for line in lines]


# What does not end with 0 there: access is off, as the page says; and nobody is there to agree.
STATUS = {"run --rm access doctor": 1, "docker run --rm -it": 2}


def test_commands_in_comments_are_run_or_have_a_reason(desk, record_property):
    """In units, examples and docker/, from the top of the repository; cron lines and Nagios' have tests of their own."""
    run = skipped = 0
    for path in sorted([*ROOT.glob("doc/*.service"), *EXAMPLES.iterdir(), ROOT / "docker" / "compose.yaml", ROOT / "docker" / "Dockerfile"]):
        desk.renew()
        desk.private(desk.folder / "uri", desk.uri)
        if path.name == "compose.yaml":     # a fresh Pritunl has one administrator
            desk.pritunl.db["administrators"].delete_one({"username": "automation"})
        (desk.folder / "units").mkdir()
        (desk.folder / "state").mkdir(mode=0o700)
        for name in ("doc", "docker"):
            (desk.folder / name).symlink_to(ROOT / name)
        for line in commented(path):
            if any(line.startswith(beginning) for beginning in NOT_RUN):
                skipped += 1
                continue
            desk.private(desk.folder / "config.json", '{"profiles": {"one": {"administrator": "automation"}}}')
            line = line.replace("/etc/systemd/system/", "units/").replace("--all-profiles", "--config config.json --all-profiles")
            done = desk.run(here(desk, line), PRITUNL_ACCESS_MONGODB_URI=desk.uri, STATE_DIRECTORY=f"{desk.folder}/state")
            due = next((status for words, status in STATUS.items() if words in line), 0)
            assert done.returncode == due, (path, line, done.stdout, done.stderr)
            run += 1
    assert run > 10
    count(record_property, run, skipped)


def test_the_queries_page_and_shows_own_examples_run(record_property):
    lines = [line for block in scripts(read("queries/README.md")) for line in lines_of(block)]
    lines += re.findall(r"(?m)^    (queries/show \w+ \w+=.*?)(?: \| mongosh.*)?$", read("queries/show"))
    assert len(lines) >= 4
    for line in lines:
        done = subprocess.run(["sh", "-c", line], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0 and done.stdout, (line, done.stderr)
    count(record_property, len(lines))


def words_in(text: str) -> list[str]:
    """The command lines in a document's running text: `pritunl-access …`, with sudo or without."""
    found = re.findall(r"`(?:sudo )?pritunl-access ([^`\n]+)`", re.sub(r"(?ms)^```.*?^```$", "", text))
    return [line for line in found if not re.search(r"[…|{]|\b[A-Z]{3,}\b", line)]


def test_command_lines_in_running_text_are_known(record_property):
    """With --help nothing is done, but an unknown command or option is refused all the same."""
    checked = 0
    for name in MARKDOWN:
        for line in words_in(read(name)):
            words = shlex.split(line)
            if words[0].startswith("--") and len(words) == 1:
                continue
            head = words[:words.index("--")] if "--" in words else words
            done = subprocess.run([BINARY, *head, "--help"], capture_output=True, text=True, env={"HOME": "/nonexistent"}, check=False)
            assert done.returncode == 0, (name, line, done.stderr)
            checked += 1
    record_property("figure: command lines in running text, parsed", checked)


def jobs() -> list[tuple[str, list[str]]]:
    """Name and arguments of each container that runs our image."""
    found = []
    for document in yaml.safe_load_all((EXAMPLES / "kubernetes.yaml").read_text()):
        spec = document.get("spec", {})
        template = spec.get("jobTemplate", {}).get("spec", spec).get("template")
        if template:
            pod = template["spec"]
            found += [(each["name"], each["args"]) for each in pod.get("initContainers", []) + pod["containers"] if each["image"] == "pritunl-access"]
    return found


def test_the_kubernetes_example(desk, record_property):
    documents = list(yaml.safe_load_all((EXAMPLES / "kubernetes.yaml").read_text()))
    assert [each["kind"] for each in documents] == ["ServiceAccount", "Role", "RoleBinding", "Job", "CronJob"]
    assert all(each["metadata"]["namespace"] == "vpn" for each in documents)
    desk.renew()
    desk.pritunl.db["administrators"].update_many({}, {"$set": {"auth_api": False}})
    desk.private(desk.folder / "uri", desk.uri)
    for name, arguments in jobs():
        done = desk.run(here(desk, shlex.join(["pritunl-access", *arguments])))
        assert done.returncode == 0, (name, done.stderr)
    secret = yaml.safe_load((desk.folder / "secret.yaml").read_text())
    assert (secret["kind"], secret["metadata"]["name"], secret["metadata"]["namespace"]) == ("Secret", "pritunl-api", "vpn")
    assert documents[1]["rules"][1]["resourceNames"] == [secret["metadata"]["name"]]
    count(record_property, len(jobs()), 2)


def test_the_cloud_init_example(desk, record_property):
    text = (EXAMPLES / "cloud-init.yaml").read_text()
    assert text.startswith("#cloud-config\n")
    desk.renew()
    parsed = yaml.safe_load(here(desk, text))
    for file in parsed["write_files"]:
        path = Path(file["path"])
        path.touch(mode=int(file["permissions"], 8))
        path.write_text(file["content"])
    (line,) = [command for command in parsed["runcmd"] if command[0] == f"{desk.base}/bin/pritunl-access"]
    # The system's file cannot be put in place here: it is named.
    done = desk.run(shlex.join([line[0], "--config", str(desk.folder / "pritunl-access.json"), *line[1:]]))
    assert done.returncode == 0, done.stderr
    assert "PRITUNL_TOKEN" in (desk.folder / "pritunl.env").read_text()
    count(record_property, 1, len(parsed["runcmd"]) - 1)


def test_the_github_actions_example(desk, record_property):
    steps = yaml.safe_load((EXAMPLES / "github-actions.yml").read_text())["jobs"]["plan"]["steps"]
    desk.renew()
    variables = desk.folder / "github.env"
    run = 0
    for step in (each for each in steps if "run" in each):
        given = dict(re.findall(r"(?m)^(\w+)<<\S+\n(.*)\n", variables.read_text())) if variables.exists() else {}
        done = desk.run(step["run"], GITHUB_ENV=str(variables), PRITUNL_ACCESS_MONGODB_URI=desk.uri, **given)
        assert done.returncode == 0, (step, done.stderr)
        run += 1
    count(record_property, run)


def cron_lines(text: str, mark: str) -> list[str]:
    """The commands of cron lines: what stands behind five fields, and the user where there is one."""
    return re.findall(rf"(?m)^{mark}(?:[\d*/]+ ){{5}}(?:root )?(.*)$", text)


def test_cron_lines_run_by_crons_own_path(desk, record_property):
    """With the PATH that cron has, where /usr/local/bin is not; nothing is printed while all is well."""
    desk.renew()
    found = cron_lines((EXAMPLES / "crontab").read_text(), "")
    assert len(found) == 4
    for path in sorted(ROOT.glob("doc/*.service")):
        found += cron_lines(path.read_text(), "#   ")
    for line in found:
        if "--all-profiles" in line:
            desk.private(desk.folder / "config.json", '{"profiles": {"one": {"administrator": "automation"}}}')
            line = line.replace("--all-profiles", f"--config {desk.folder}/config.json --all-profiles")
        done = desk.run(here(desk, line), PATH="/usr/bin:/bin")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), line
    count(record_property, len(found))


def test_the_units_commands_run(desk, record_property):
    """ExecStart has the program's whole path and is run as it stands."""
    desk.renew()
    found = [line for path in sorted(ROOT.glob("doc/*.service")) for line in re.findall(r"(?m)^ExecStart=(.*)$", path.read_text())]
    assert found and all(line.startswith("/usr/local/bin/pritunl-access ") for line in found)
    desk.private(desk.folder / "config.json", '{"profiles": {"one": {"administrator": "automation"}}}')
    for line in found:
        done = desk.run(here(desk, line).replace("--all-profiles", f"--config {desk.folder}/config.json --all-profiles"), PATH="/usr/bin:/bin")
        assert done.returncode == 0, (line, done.stderr)
    count(record_property, len(found))
