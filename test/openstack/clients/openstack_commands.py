"""Runs commands of the `openstack` client, as its own entry point would, in one process: each start of it costs seconds.

Reads lines of JSON, each a list of arguments; answers each with a line {"code", "out", "err"}.
"""

import contextlib
import io
import json
import sys
import traceback

from openstackclient.shell import OpenStackShell


class Output(io.StringIO):
    """The client asks its output for a file number and an encoding."""

    encoding = "utf-8"

    def fileno(self):
        return 2


def run(arguments):
    out, err = Output(), Output()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = OpenStackShell().run(arguments)
        except SystemExit as end:
            code = end.code
        except BaseException:
            code = 255
            err.write(traceback.format_exc())
    return {"code": code, "out": out.getvalue(), "err": err.getvalue()}


for line in sys.stdin:
    print(json.dumps(run(json.loads(line))), flush=True)
