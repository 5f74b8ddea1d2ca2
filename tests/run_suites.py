#!/usr/bin/python3
"""Builds what the wanted suites need and runs them, two at a time; the last line counts their cases.

A suite is a name like `asan/unit_domain`: a build preset (or `lint`) and a test program, a file of system tests, or a
check of the sources. Without arguments all of them run; with arguments those whose name contains one of them.
"""

import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree

ROOT = pathlib.Path(__file__).resolve().parent.parent
PYTHON = "/usr/bin/python3"  # Debian's, which has Debian's packages
AT_A_TIME = 2
LIMIT = 1200  # seconds for a suite

SANITIZED = ("asan", "tsan")
CHECKS = {
    "layers": ["scripts/check_layers"],
    "coroutines": ["scripts/check_coroutines"],
    "format": ["scripts/format", "--check"],
}
# System tests that run on the sanitized builds as well; the others need a browser, a balancer, or kill what they test.
SANITIZED_SYSTEM = {
    "all_users", "answers", "audit", "connection_limits", "credentials", "cross_dialect", "devices",
    "dialect_quotas", "enroll_api", "enroll_http", "errors", "export", "failures", "idempotency",
    "idempotency_records", "import_factors", "kept_answers", "key_sets", "limits", "mail_limits", "native_delivery", "native_mfa",
    "native_tenant", "native_users", "navixy", "navixy_account", "navixy_sign_in", "navixy_transport", "outbox",
    "outbox_workers", "page_recovery", "page_visits", "passkeys", "proofs", "quiva", "quiva_factors",
    "quiva_passkeys", "rebilly", "rebilly_access", "revocation", "sign_in", "signing_keys", "stopping", "tokens",
    "xsolla", "xsolla_me", "xsolla_project", "xsolla_sign_in",
}


class Suite:
    def __init__(self, name, command, *, preset=None, target=None, report=None, environment=None):
        self.name, self.command = name, command
        self.preset, self.target = preset, target
        self.report = report  # how the command writes JUnit XML: a function of the file's name
        self.environment = environment or {}


def program_suites(preset):
    """The C++ test programs: one a layer."""
    for kind in ("unit", "integration"):
        listed = re.findall(rf"^mfad_{kind}_test\((\w+)", (ROOT / f"tests/{kind}/CMakeLists.txt").read_text(), re.M)
        for layer in listed:
            target = f"{kind}_{layer}"
            yield Suite(f"{preset}/{target}", [f"build/{preset}/tests/{kind}/{target}"], preset=preset, target=target,
                        report=lambda file: [f"--logger=JUNIT,error,{file}", "--logger=HRF,warning,stdout"])


def system_suites(preset):
    """The tests of the whole program: one a file."""
    patience = {"MFAD_TEST_PATIENCE": "90"} if preset in SANITIZED else {}
    for file in sorted((ROOT / "tests/system").glob("test_*.py")):
        name = file.stem.removeprefix("test_")
        if preset in SANITIZED and name not in SANITIZED_SYSTEM:
            continue
        yield Suite(f"{preset}/system_{name}",
                    [PYTHON, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(file.relative_to(ROOT))],
                    preset=preset, target="mfad", report=lambda xml: [f"--junitxml={xml}"],
                    environment={"MFAD_BINARY": str(ROOT / f"build/{preset}/mfad"), **patience})


def all_suites():
    for name, command in CHECKS.items():
        yield Suite(f"lint/{name}", command)
    yield from system_suites("release")
    for preset in SANITIZED:
        yield from program_suites(preset)
        yield from system_suites(preset)


def build(suites):
    """Builds each preset's targets; the presets that could not be built."""
    broken = set()
    for preset in ("release", *SANITIZED):
        targets = sorted({s.target for s in suites if s.preset == preset})
        if not targets:
            continue
        begun = time.monotonic()
        print(f"building {preset}", flush=True)
        if subprocess.run(["scripts/build", preset, *targets], cwd=ROOT).returncode != 0:
            broken.add(preset)
        print(f"built {preset} in {time.monotonic() - begun:.0f} s", flush=True)
    return broken


def count(file, status):
    """Passed, failed and skipped cases of a JUnit report; a program that left none has failed once."""
    try:
        cases = list(xml.etree.ElementTree.parse(file).iter("testcase"))
    except (OSError, xml.etree.ElementTree.ParseError):
        return 0, 1, 0
    failed = sum(any(case.find(tag) is not None for tag in ("failure", "error")) for case in cases)
    skipped = sum(case.find("skipped") is not None for case in cases)
    if status != 0 and failed == 0:
        failed = 1  # it ended badly after its last case: a leak, a race, a crash
    return len(cases) - failed - skipped, failed, skipped


def run(suite, folder):
    """Runs one suite; its line, its counts, and what it printed if it failed."""
    report = folder / (suite.name.replace("/", "_") + ".xml")
    command = [*suite.command, *(suite.report(report) if suite.report else [])]
    begun = time.monotonic()
    try:
        done = subprocess.run(command, cwd=ROOT, env={**os.environ, **suite.environment}, text=True, timeout=LIMIT,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        status, output = done.returncode, done.stdout
    except subprocess.TimeoutExpired as late:
        status, output = -1, f"{late.stdout or ''}\nended after {LIMIT} s"
    except OSError as error:
        status, output = -1, str(error)
    if suite.report:
        passed, failed, skipped = count(report, status)
    else:
        passed, failed, skipped = (1, 0, 0) if status == 0 else (0, 1, 0)
    word = "ok  " if failed == 0 else "FAIL"
    line = f"{word} {suite.name:32} {passed:5} passed"
    line += f", {failed} failed" * (failed > 0) + f", {skipped} skipped" * (skipped > 0)
    return f"{line}  ({time.monotonic() - begun:.1f} s)", passed, failed, output if failed else ""


def main(wanted):
    suites = [s for s in all_suites() if not wanted or any(word in s.name for word in wanted)]
    if not suites:
        print(f"no suite has a name with {' or '.join(wanted)} in it")
        return 2
    broken = build(suites)
    passed = failed = 0
    for preset in sorted(broken):
        print(f"FAIL {preset} does not build")
        failed += 1
    suites = [s for s in suites if s.preset not in broken]
    folder = pathlib.Path(tempfile.mkdtemp(prefix="mfad-suites-"))
    try:
        with concurrent.futures.ThreadPoolExecutor(AT_A_TIME) as pool:
            for line, good, bad, output in pool.map(lambda suite: run(suite, folder), suites):
                print(line, flush=True)
                if output:
                    print("    " + output[-20000:].replace("\n", "\n    "), flush=True)
                passed, failed = passed + good, failed + bad
    finally:
        shutil.rmtree(folder)
    print(f"{passed} passed, {failed} failed")
    return 0 if failed == 0 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
