"""The first command: `scripts/run`, and the demo that it serves."""

import email
import email.policy
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

import pytest

from console import Console, is_running, wait_for_exit
from harness import BINARY, PATIENCE, ROOT, text_of, wait_for
from private_redis import PrivateRedis

# What each line of the demo has to be answered.
ANSWERS = {"Xsolla": "204", "Rebilly": "201", "quiva": "200", "native": "200", "Navixy": "200"}


class Demo:
    """`mfad serve --demo` as a terminal runs it: in a process group of its own, which Ctrl-C is for."""

    def __init__(self, command, directory, **settings):
        console = Console(directory)
        del console.settings["mail_url"]  # as it comes: into the working directory
        self.directory = console.directory
        self.begun = time.monotonic()
        self.process = subprocess.Popen(command, cwd=directory, env=console.environment(settings), text=True,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        start_new_session=True)
        self.text = self.read_text()
        self.took = time.monotonic() - self.begun

    def read_text(self):
        """What it prints before it serves; the last line is that of Navixy."""
        lines = []
        for line in self.process.stdout:
            lines.append(line)
            if "panel/user/mfa" in line:
                return "".join(lines)
        raise AssertionError("".join(lines) + self.process.stderr.read())

    def curls(self):
        """The lines to paste, by the dialect that stands above each."""
        return dict(re.findall(r"^# (\w+):.*\n(curl .*)$", self.text, re.M))

    def paste(self):
        """Runs every line as it is printed; the answers."""
        answers = {}
        for dialect, line in self.curls().items():
            done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=PATIENCE)
            assert done.returncode == 0, done
            answers[dialect] = done.stdout
        return answers

    def mail_folder(self):
        folder = re.search(r"^Mail goes to maildir:(.*) \(look into new/\)$", self.text, re.M)[1]
        return self.directory / folder / "new"

    def mails(self):
        return [email.message_from_bytes(file.read_bytes(), policy=email.policy.SMTP)
                for file in self.mail_folder().glob("*")]

    def ctrl_c(self):
        """The exit status, and how long it took."""
        begun = time.monotonic()
        os.killpg(self.process.pid, signal.SIGINT)
        self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, time.monotonic() - begun


def test_the_demo_can_be_pasted_at_every_start(tmp_path):
    for start in range(1, 4):
        demo = Demo([str(BINARY), "serve", "--demo"], tmp_path)
        redis = PrivateRedis(tmp_path / "var").pid()
        assert "shares its state with no other machine" in demo.text
        answers = demo.paste()
        assert {dialect: answer.split()[1] for dialect, answer in answers.items()} == ANSWERS
        assert '"success":true' in answers["Navixy"] and '"message":"success"' in answers["quiva"]
        link = re.search(r'"href":"([^"]*/enroll/#[^"]*)"', answers["Rebilly"])[1]
        wait_for(lambda: any(link in text_of(mail) for mail in demo.mails()), "the link in the mail folder")
        mfad = demo.process.pid
        assert demo.ctrl_c()[0] == 0
        assert not is_running(redis) and not is_running(mfad)
        assert not list(tmp_path.glob("core*"))


def test_each_line_says_what_it_does_and_does_it(tmp_path):
    console = Console(tmp_path)
    said = []
    for _ in range(3):
        demo = Demo([str(BINARY), "serve", "--demo"], tmp_path)
        on = "user 1001 on" in demo.text
        said.append(on)
        assert ('"enabled":true' in demo.curls()["Xsolla"]) is on
        demo.paste()
        assert demo.ctrl_c()[0] == 0
        assert console.user("acme", "1001")["mfa"]["required"] == (["email"] if on else [])
    assert said == [True, False, True]  # the state was there again
    assert "totp" in console.user("acme", "1003")["mfa"]["enabled"]
    assert console.user("acme", "1004")["mfa"]["required"] == ["email"]


def test_ctrl_c_stops_it_within_seconds_and_a_later_start_is_quick(tmp_path):
    Demo([str(BINARY), "serve", "--demo"], tmp_path).ctrl_c()
    demo = Demo([str(BINARY), "serve", "--demo"], tmp_path)
    allowance = PATIENCE / 20  # for slower builds
    assert demo.took < 3 * allowance
    status, took = demo.ctrl_c()
    assert status == 0 and took < 3 * allowance


def test_the_demo_is_loaded_into_an_empty_installation_alone(tmp_path):
    console = Console(tmp_path)
    console.load({"tenant": {"id": "mine"}})
    process = console.start("serve", "--demo")
    try:
        wait_for(lambda: '"http.listening"' in process.stderr.readline(), "the start")
        assert "acme" not in console.run("key", "list").out
    finally:
        process.terminate()
        out, _ = process.communicate(timeout=PATIENCE)
    assert "There is no demo" in out and "curl" not in out  # which would not work here


# ---- scripts/run ------------------------------------------------------------------------------------------------


@pytest.fixture
def tree(tmp_path):
    """A tree whose packages are there and whose program is built: what is left is the script itself."""
    tree = tmp_path / "mfad tree"
    (tree / "scripts").mkdir(parents=True)
    shutil.copy(ROOT / "scripts/run", tree / "scripts/run")
    shutil.copytree(ROOT / "config", tree / "config")
    for script in ("deps", "build"):
        double = tree / "scripts" / script
        double.write_text(f'#!/bin/sh\necho "{script} $*" >>"$(dirname "$0")/../calls"\n')
        double.chmod(0o755)
    (tree / "build/release").mkdir(parents=True)
    (tree / "build/release/mfad").symlink_to(BINARY)
    return tree


def test_the_script_prepares_and_serves_the_demo_from_anywhere(tree, tmp_path):
    demo = Demo([str(tree / "scripts/run")], tmp_path, server_data_dir="var")
    try:
        assert (tree / "calls").read_text() == "deps build run\nbuild release mfad\n"
        assert (tree / "var/lock").exists()  # beside the script, not where it was called from
        assert set(demo.curls()) == set(ANSWERS)
        command = pathlib.Path(f"/proc/{demo.process.pid}/cmdline").read_text().split("\0")
        assert command[:3] == ["build/release/mfad", "serve", "--demo"]  # nothing stands between it and a signal
        redis = PrivateRedis(tree / "var").pid()
    finally:
        assert demo.ctrl_c()[0] == 0
    wait_for_exit(redis, "redis-server")


@pytest.mark.parametrize("how", [["--config", "{file}"], ["--config={file}"]])
def test_with_a_configuration_there_is_no_demo(tree, tmp_path, how):
    file = tmp_path / "mine.toml"
    file.write_text('[log]\nlevel = "error"\n')
    console = Console(tmp_path)
    process = subprocess.Popen([tree / "scripts/run", *(part.format(file=file) for part in how)], text=True,
                               env=console.environment({}), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout.readline().startswith("mfad serves http://localhost:")
    process.terminate()
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0 and err == "" and "curl" not in out  # nothing below "error" was logged


def test_arguments_are_handed_on(tree, tmp_path):
    done = subprocess.run([tree / "scripts/run", "--no-such-option", "with a space"], capture_output=True, text=True,
                          env=Console(tmp_path).environment({}), timeout=PATIENCE)
    assert done.returncode == 2 and "--no-such-option" in done.stderr and "with a space" in done.stderr


@pytest.mark.parametrize("script", ["deps", "build"])
def test_what_cannot_be_prepared_ends_the_script(tree, tmp_path, script):
    (tree / "scripts" / script).write_text("#!/bin/sh\necho went wrong >&2\nexit 7\n")
    done = subprocess.run([tree / "scripts/run"], capture_output=True, text=True, timeout=PATIENCE,
                          env=Console(tmp_path).environment({}))
    assert done.returncode == 7 and done.stdout == "" and "went wrong" in done.stderr


# ---- scripts/deps -----------------------------------------------------------------------------------------------


@pytest.fixture
def path(tmp_path):
    """A PATH of the test's own: what is called, and what it finds."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "sh").symlink_to("/bin/sh")

    def program(name, text):
        (folder / name).write_text("#!/bin/sh\n" + text)
        (folder / name).chmod(0o755)

    program.folder = folder
    return program


def deps(path, *groups):
    return subprocess.run(["/bin/sh", ROOT / "scripts/deps", *groups], env={"PATH": str(path.folder)},
                          capture_output=True, text=True, timeout=PATIENCE)


def test_with_everything_there_nothing_is_done(path):
    path("dpkg-query", "echo 'install ok installed'\n")
    for name in ("apt-get", "sudo"):
        path(name, f"echo {name} was called >&2\nexit 1\n")
    path("npm", "exit 0\n")  # it sees for itself what is there
    done = deps(path, "build", "run", "test", "bench")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_what_is_missing_is_named_to_who_may_not_install_it(path):
    path("dpkg-query", 'case $4 in redis-server | haproxy) exit 1 ;; *) echo "install ok installed" ;; esac\n')
    path("id", "echo 1000\n")
    done = deps(path, "run", "test")
    assert done.returncode == 1
    assert done.stderr.strip().endswith(": redis-server haproxy"), done.stderr


def test_a_removed_package_counts_as_missing(path):
    path("dpkg-query", "echo 'deinstall ok config-files'\n")
    path("id", "echo 1000\n")
    assert "redis-server" in deps(path, "run").stderr


def test_an_unknown_group_is_refused(path):
    done = deps(path, "biuld")
    assert done.returncode == 2 and "usage" in done.stderr
