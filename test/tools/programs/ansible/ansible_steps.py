"""Runs the playbook `present.yaml` twice and `absent.yaml` once; each task is a step: ok, changed or failed.

Tasks of services that the catalog lacks are left out.
"""

import json
import os
import re
import subprocess
import sys
import uuid

import openstack
import yaml

home = os.environ["HOME"]
name = "tool-" + uuid.uuid4().hex[:8]
conn = openstack.connect(load_envvars=True)
served = {entry["type"] for entry in conn.service_catalog}
network = next(n for n in conn.network.networks() if not n.is_router_external and not n.is_shared)
with open(home + "/image.raw", "wb") as data:
    data.write(os.urandom(100_000))
with open(home + "/clouds.yaml", "w") as clouds:
    auth = {option: os.environ["OS_" + option.upper()] for option in ("auth_url", "application_credential_id", "application_credential_secret")}
    yaml.safe_dump({"clouds": {"tested": {"auth_type": "v3applicationcredential", "region_name": os.environ["OS_REGION_NAME"], "auth": auth}}}, clouds)

SERVICES = {"object": "object-store", "stack": "orchestration", "zone": "dns", "record": "dns", "load balancer": "load-balancer", "volume": "volumev3", "snapshot": "volumev3"}
missing = [word for word, service in SERVICES.items() if not {service, service.replace("volumev3", "block-storage")} & served]
steps = []
for run, book in (("", "present"), ("again: ", "present"), ("", "absent"), ("again: ", "absent")):
    with open(book + ".yaml") as file:
        play = yaml.safe_load(file)
    tasks = [task for task in play[0]["tasks"] if not any(word in task["name"] for word in missing)]
    play[0]["tasks"] = [{**task, "ignore_errors": True} for task in tasks]
    with open(f"{home}/{book}.yaml", "w") as file:
        yaml.safe_dump(play, file)
    with open("stack.yaml") as source, open(f"{home}/stack.yaml", "w") as target:
        target.write(source.read())
    ran = subprocess.run(
        [os.path.dirname(sys.executable) + "/ansible-playbook", "-c", "local", "-i", "localhost,", f"{home}/{book}.yaml"],
        env={
            "PATH": os.environ["PATH"],
            "HOME": home,
            "NAME": name,
            "NETWORK": network.name,
            "IMAGE": os.environ.get("IMAGE", "ubuntu-22.04-amd64"),
            "FLAVOR": os.environ.get("FLAVOR", "m1.tiny"),
            "OS_CLIENT_CONFIG_FILE": home + "/clouds.yaml",
            "ANSIBLE_COLLECTIONS_PATH": os.environ["COLLECTIONS"],
            "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_LOCALHOST_WARNING": "0",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "0",
        },
        capture_output=True,
        text=True,
    )
    print(ran.stdout, ran.stderr, file=sys.stderr)
    for task, outcome in re.findall(r"^TASK \[(.*?)\] \**\n(?:(?!TASK|PLAY).*\n)*?(ok|changed|fatal|skipping): \[localhost", ran.stdout + "\n", re.M):
        steps.append([run + task, "failed" if outcome == "fatal" else outcome])
print(json.dumps(steps))
