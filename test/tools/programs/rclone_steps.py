"""rclone, with a remote of the type swift that signs in from OpenStack's variables."""

import json
import os
import random
import sys

from steps import run, steps

RCLONE = sys.argv[1]
home = os.environ["HOME"]
source, back = home + "/source", home + "/back"
FILES = {"plain.txt": b"12345", "sub/a b.txt": b"with a space", "sub/ü+%;.txt": b"", "big.bin": random.Random(1).randbytes(6_000_000)}
for path, data in FILES.items():
    os.makedirs(os.path.dirname(f"{source}/{path}"), exist_ok=True)
    with open(f"{source}/{path}", "wb") as file:
        file.write(data)

remote = {
    "RCLONE_CONFIG_CLOUD_TYPE": "swift",
    "RCLONE_CONFIG_CLOUD_ENV_AUTH": "true",
    "RCLONE_CONFIG_CLOUD_CHUNK_SIZE": "1M",
    "RCLONE_CONFIG": home + "/rclone.conf",
}
rclone = lambda *words: run(RCLONE, *words, **remote)

with steps() as step:
    top = "cloud:" + step.name
    step("mkdir", rclone, "mkdir", top)
    step("lsd", lambda: step.name in rclone("lsd", "cloud:"), outcome=str)
    step("copy", rclone, "copy", source, top)
    step("lsf", lambda: sorted(rclone("lsf", "-R", top).split("\n")), outcome=str)
    step("check", rclone, "check", source, top)
    step("size", lambda: json.loads(rclone("size", "--json", top))["bytes"], outcome=str)
    step("cat", lambda: rclone("cat", top + "/sub/a b.txt"), outcome=str)
    step("cat a range", lambda: rclone("cat", "--offset", "1", "--count", "2", top + "/plain.txt"), outcome=str)
    step("hashsum", lambda: rclone("hashsum", "MD5", top + "/plain.txt").split()[0], outcome=str)
    step("copy on the server", rclone, "copyto", top + "/plain.txt", top + "/copy.txt")
    step("move on the server", rclone, "moveto", top + "/copy.txt", top + "/moved.txt")
    step("touch", rclone, "touch", "-t", "2026-01-02T03:04:05", top + "/moved.txt")
    step("time", lambda: rclone("lsf", "--format", "t", top + "/moved.txt")[:10], outcome=str)
    step("copy back", rclone, "copy", top, back)
    step("the same bytes", lambda: all(open(f"{back}/{path}", "rb").read() == data for path, data in FILES.items()), outcome=str)
    os.remove(source + "/plain.txt")
    step("sync", rclone, "sync", source, top)
    step("check after sync", rclone, "check", source, top)
    step("about", lambda: "used" in rclone("about", "--json", "cloud:"), outcome=str)
    step("purge", rclone, "purge", top)
    step("containers of segments", lambda: [line for line in rclone("lsf", "cloud:").split("\n") if line.startswith(step.name + "_segments")], outcome=lambda them: len(them))
    step("purge segments", rclone, "purge", top + "_segments")
