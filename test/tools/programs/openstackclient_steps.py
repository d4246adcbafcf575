"""The `openstack` command with its plugins: commands of every service of the catalog, in one process."""

import contextlib
import io
import json
import os

import openstack
from openstackclient.shell import OpenStackShell
from steps import FLAVOR, IMAGE, steps, until


class Output(io.StringIO):
    encoding = "utf-8"

    def fileno(self):
        return 2


class Failed(Exception):
    pass


def print_of(command):
    out, err = Output(), Output()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = OpenStackShell().run(command.split() if isinstance(command, str) else command)
        except SystemExit as end:
            code = end.code
    if code != 0:
        raise Failed(err.getvalue())
    return out.getvalue()


def json_of(command):
    return json.loads(print_of(command + " -f json"))


home = os.environ["HOME"]
with open(home + "/data", "wb") as file:
    file.write(os.urandom(100_000))
with open(home + "/stack.yaml", "w") as file:
    file.write("heat_template_version: 2018-08-31\nresources:\n  word: {type: 'OS::Heat::RandomString'}\noutputs:\n  word: {value: {get_attr: [word, value]}}\n")

with steps() as step:
    n = step.name
    conn = openstack.connect(load_envvars=True)
    served = {entry["type"] for entry in conn.service_catalog}
    network = next(one for one in conn.network.networks() if not one.is_router_external and not one.is_shared)

    def do(command, undo=None, shown=None):
        shown_name = command.replace(n, "NAME").replace(network.id, "NETWORK").replace(network.subnet_ids[0], "SUBNET").replace(home, "HOME")
        return step(shown_name, lambda: print_of(command), outcome=lambda out: shown(out) if shown else "ok", undo=(lambda _: print_of(undo)) if undo else None)

    for command in (
        "token issue", "catalog list", "endpoint list", "versions show", "region list", "project list", "user show " + conn.current_user_id,
        "application credential list", "flavor list", f"flavor show {FLAVOR}", "image list", f"image show {IMAGE}", "network list", "subnet list",
        "port list", "router list", "floating ip list", "security group list", "keypair list", "server list", "server list --long", "server group list",
        "quota show", "quota list --compute", "limits show --absolute", "availability zone list", "extension list", "usage show", "network agent list",
        "ip availability list", "subnet pool list", "address scope list", "volume list", "volume type list", "volume snapshot list", "network qos policy list",
        "network rbac list", "compute service list", "console url show none", "hypervisor list", "aggregate list", "domain list", "role list", "user list",
    ):
        try:
            print_of(command)
            outcome = "ok"
        except Failed:
            outcome = "refused"
        step.done.append([command.replace(conn.current_user_id, "USER"), outcome])

    do(f"keypair create {n}", f"keypair delete {n}")
    do(f"security group create {n}", f"security group delete {n}")
    do(f"security group rule create --proto tcp --dst-port 443 {n}")
    do(f"server group create --policy anti-affinity {n}", f"server group delete {n}")
    do(f"server create --flavor {FLAVOR} --image {IMAGE} --network {network.id} --key-name {n} --property team=blue --wait {n}", f"server delete --wait {n}")
    step("server show", lambda: json_of(f"server show {n}")["status"], outcome=str)
    do(f"server set --property tier=web --description changed --tag one {n} --os-compute-api-version 2.26")
    do(f"server stop {n}")
    until(lambda: json_of(f"server show {n}")["status"], ["SHUTOFF"])
    do(f"server start {n}")
    until(lambda: json_of(f"server show {n}")["status"], ["ACTIVE"])
    do(f"server reboot --wait {n}")
    do(f"server add security group {n} {n}")
    do(f"server remove security group {n} {n}")
    do(f"console log show --lines 1 {n}", shown=bool)
    do(f"server event list {n}", shown=bool)
    do(f"server image create --name {n} --wait {n}", f"image delete {n}")
    do(f"image create --disk-format raw --container-format bare --file {home}/data {n}-up", f"image delete {n}-up")
    do(f"image set --tag one {n}-up")
    do(f"image save --file {home}/back {n}-up")
    if served & {"volumev3", "block-storage"}:
        do(f"volume create --size 1 {n}", f"volume delete {n}")
        until(lambda: json_of(f"volume show {n}")["status"], ["available"])
        do(f"server add volume {n} {n}")
        until(lambda: json_of(f"volume show {n}")["status"], ["in-use"])
        do(f"server remove volume {n} {n}")
        until(lambda: json_of(f"volume show {n}")["status"], ["available"])
    do(f"network create {n}", f"network delete {n}")
    do(f"subnet create --network {n} --subnet-range 10.96.0.0/24 {n}")
    do(f"router create --external-gateway public {n}", f"router delete {n}")
    do(f"router add subnet {n} {n}", f"router remove subnet {n} {n}")
    if "object-store" in served:
        do(f"container create {n}", f"container delete --recursive {n}")
        do(f"object create {n} {home}/data --name a/b")
        do(f"object list {n}", shown=lambda out: "a/b" in out)
        do(f"object save {n} a/b --file {home}/copy")
    if "orchestration" in served:
        do(f"stack create -t {home}/stack.yaml --wait {n}", f"stack delete -y --wait {n}")
        do(f"stack output show {n} word", shown=bool)
        do(f"stack resource list {n}", shown=bool)
    if "key-manager" in served:
        href = step("secret store", lambda: json_of(f"secret store --name {n} --payload hunter2")["Secret href"], undo=lambda made: print_of(f"secret delete {made}"))
        if href:
            step("secret get", lambda: json_of(f"secret get {href} --payload")["Payload"], outcome=str)
    if "load-balancer" in served:
        do(f"loadbalancer create --name {n} --vip-subnet-id {network.subnet_ids[0]} --wait", f"loadbalancer delete --cascade --wait {n}")
        do(f"loadbalancer listener create --name {n} --protocol TCP --protocol-port 80 --wait {n}")
        do(f"loadbalancer pool create --name {n} --listener {n} --protocol TCP --lb-algorithm ROUND_ROBIN --wait")
        do(f"loadbalancer member create --address 192.0.2.9 --protocol-port 80 --wait {n}")
    if "dns" in served:
        do(f"zone create --email root@example.com {n}.example.", f"zone delete {n}.example.")
        do(f"recordset create {n}.example. www --type A --record 192.0.2.9")
        do(f"recordset list {n}.example.", shown=bool)
    do(f"application credential create {n}", f"application credential delete {n}")
