"""Steps of a program, printed as one line of JSON, [[name, outcome], ...]: what a step returned, or the error that it raised.

Later steps are tried, too: each way to a cloud shows all of its differences at once.
"""

import contextlib
import json
import os
import subprocess
import sys
import time
import uuid


class Steps:
    def __init__(self):
        self.name = "tool-" + uuid.uuid4().hex[:8]
        self.done = []
        self.undo = []

    def __call__(self, name, act, /, *arguments, outcome=None, undo=None, refused=False, **named):
        """Returns what `act` returned; None when it failed. `undo` gets it at the end. `refused`: the cloud has to refuse it."""
        try:
            got = act(*arguments, **named)
            shown = "ok" if outcome is None else str(outcome(got))
            if refused:
                shown = f"failed: {shown}, not refused"
        except Exception as error:
            got = None
            shown = f"refused: {self.error(error)}" if refused else f"failed: {self.error(error)}"
            print(f"{name}: {error!r}", file=sys.stderr)
        self.done.append([name, shown])
        if got is not None and undo is not None:
            self.undo.append((name, undo, got))
        return got

    @staticmethod
    def error(error):
        """Its class and status."""
        for attribute in ("status_code", "code", "http_status"):
            status = getattr(error, attribute, None)
            if isinstance(status, int):
                return f"{type(error).__name__} {status}"
        return type(error).__name__

    def finish(self):
        for name, undo, got in reversed(self.undo):
            self(f"delete: {name}", undo, got)
        print(json.dumps(self.done))


def until(read, wanted, seconds=120):
    """Polls until `read` returns what is wanted, or raises with what it returned last."""
    end = time.time() + seconds
    while (got := read()) not in wanted:
        if time.time() > end or got in ("ERROR", "error"):
            raise TimeoutError(f"{got}, not {wanted}")
        time.sleep(0.5)
    return got


@contextlib.contextmanager
def steps():
    these = Steps()
    try:
        yield these
    finally:
        these.finish()


IMAGE = os.environ.get("IMAGE", "ubuntu-22.04-amd64")
FLAVOR = os.environ.get("FLAVOR", "m1.tiny")


class Failed(Exception):
    pass


def run(*command, **env):
    """What a command prints that has to succeed."""
    ran = subprocess.run(command, env={**os.environ, **env}, capture_output=True, text=True)
    if ran.returncode != 0:
        raise Failed(f"{' '.join(command)}: {ran.returncode}\n{ran.stdout}{ran.stderr}")
    return ran.stdout.strip()
