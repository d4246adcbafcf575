"""python-novaclient, at its own latest microversion and at the first one."""

import os

from keystoneauth1 import loading, session
from novaclient import api_versions, client
from steps import FLAVOR, IMAGE, steps, until

loader = loading.get_plugin_loader(os.environ["OS_AUTH_TYPE"])
auth = loader.load_from_options(
    auth_url=os.environ["OS_AUTH_URL"],
    application_credential_id=os.environ["OS_APPLICATION_CREDENTIAL_ID"],
    application_credential_secret=os.environ["OS_APPLICATION_CREDENTIAL_SECRET"],
)
here = {"session": session.Session(auth=auth), "region_name": os.environ["OS_REGION_NAME"]}

with steps() as step:
    name = step.name
    at = lambda version: client.Client(version, **here)
    first = at("2.1")
    # As the command line finds the newest version that both have.
    newest = step("discover", api_versions.discover_version, first, api_versions.APIVersion("2.latest"), outcome=bool)
    nova = at(newest)
    step("versions", lambda: nova.versions.get_current().id, outcome=str)
    step("flavors", lambda: sorted(f.name for f in nova.flavors.list()), outcome=str)
    step("a flavor", lambda: nova.flavors.find(name=FLAVOR).ram, outcome=str)
    flavor = nova.flavors.find(name=FLAVOR)
    step("an image", lambda: nova.glance.find_image(IMAGE).name, outcome=str)
    image = nova.glance.find_image(IMAGE)
    step("networks", lambda: nova.neutron.find_network("public").name, outcome=str)
    step("availability zones", lambda: [z.zoneName for z in nova.availability_zones.list(detailed=False)], outcome=str)
    step("limits", lambda: len({limit.name for limit in nova.limits.get().absolute}) > 3, outcome=str)
    project = here["session"].get_project_id()
    step("quotas", lambda: nova.quotas.get(project).instances > 0, outcome=str)
    step("default quotas", lambda: nova.quotas.defaults(project).cores > 0, outcome=str)
    step("usage", lambda: nova.usage.get(project, __import__("datetime").datetime(2026, 1, 1), __import__("datetime").datetime(2030, 1, 1)))
    step("hypervisors", nova.hypervisors.list, refused=True)
    step("services", nova.services.list, refused=True)
    step("aggregates", nova.aggregates.list, refused=True)
    step("migrations", nova.migrations.list, refused=True)

    public = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJhu9DCNYvMFE9gTqCZ1nTlvdSmrB5rDKzz5EHdDkPkQ"
    pair = step("import a key pair", nova.keypairs.create, name, public_key=public, undo=lambda k: nova.keypairs.delete(k.name), outcome=lambda k: k.fingerprint)
    step("key pairs", lambda: name in [k.name for k in nova.keypairs.list()], outcome=str)
    step("a key pair", lambda: nova.keypairs.get(name).public_key == public, outcome=str)
    group = step("server group", at("2.1").server_groups.create, name, ["anti-affinity"], undo=lambda g: nova.server_groups.delete(g.id))
    network = os.environ.get("NETWORK") or next(n for n in here["session"].get("/v2.0/networks?router:external=false&shared=false", endpoint_filter={"service_type": "network", "region_name": here["region_name"]}).json()["networks"])["id"]
    server = step(
        "boot",
        lambda: nova.servers.create(name, image, flavor, nics=[{"net-id": network}], key_name=name, meta={"team": "blue"}, scheduler_hints={"group": group.id} if group else None, userdata="#!/bin/sh\n"),
        undo=lambda s: [nova.servers.delete(s), until(lambda: s.id in [x.id for x in nova.servers.list()], [False])],
    )
    current = lambda: nova.servers.get(server.id)
    status = lambda *wanted: until(lambda: current().status, wanted)
    if server:
        step("wait", lambda: status("ACTIVE"), outcome=str)
        step("list", lambda: [s.name == name for s in nova.servers.list(search_opts={"name": name})], outcome=str)
        step("list all in pages of one", lambda: name in [s.name for s in nova.servers.list(limit=-1)], outcome=str)
        step("networks of it", lambda: [len(a) for a in current().networks.values()], outcome=str)
        step("rename", lambda: nova.servers.update(server, name=name + "-2").name == name + "-2", outcome=str)
        step("set metadata", nova.servers.set_meta, server, {"tier": "web"})
        step("delete metadata", nova.servers.delete_meta, server, ["tier"])
        step("metadata", lambda: current().metadata, outcome=str)
        step("interfaces", lambda: len(nova.servers.interface_list(server)), outcome=str)
        step("remove and add a security group", lambda: [nova.servers.remove_security_group(server, "default"), nova.servers.add_security_group(server, "default")] and None)
        step("security groups", lambda: [g.name for g in nova.servers.list_security_group(server)], outcome=str)
        step("console output", lambda: bool(nova.servers.get_console_output(server, length=1)), outcome=str)
        step("vnc console", lambda: bool(nova.servers.get_vnc_console(server, "novnc")), outcome=str)
        step("stop", lambda: [nova.servers.stop(server), status("SHUTOFF")][1], outcome=str)
        step("start", lambda: [nova.servers.start(server), status("ACTIVE")][1], outcome=str)
        step("hard reboot", lambda: [nova.servers.reboot(server, "HARD"), status("ACTIVE")][1], outcome=str)
        step("pause", lambda: [nova.servers.pause(server), status("PAUSED")][1], outcome=str)
        step("unpause", lambda: [nova.servers.unpause(server), status("ACTIVE")][1], outcome=str)
        step("suspend", lambda: [nova.servers.suspend(server), status("SUSPENDED")][1], outcome=str)
        step("resume", lambda: [nova.servers.resume(server), status("ACTIVE")][1], outcome=str)
        step("rescue", lambda: [nova.servers.rescue(server), status("RESCUE")][1], outcome=str)
        step("unrescue", lambda: [nova.servers.unrescue(server), status("ACTIVE")][1], outcome=str)
        step("rebuild", lambda: [nova.servers.rebuild(server, image), status("ACTIVE")][1], outcome=str)
        step("lock", nova.servers.lock, server)
        step("unlock", nova.servers.unlock, server)
        step("resize", lambda: [nova.servers.resize(server, nova.flavors.find(name="m1.small")), status("VERIFY_RESIZE")][1], outcome=str)
        step("revert", lambda: [nova.servers.revert_resize(server), status("ACTIVE")][1], outcome=str)
        step("image", lambda: nova.servers.create_image(server, name), undo=lambda i: here["session"].delete(f"/v2/images/{i}", endpoint_filter={"service_type": "image", "region_name": here["region_name"]}))
        step("actions", lambda: sorted({a.action for a in nova.instance_action.list(server)}), outcome=str)
        step("tags", lambda: [at("2.26").servers.add_tag(server, "one"), at("2.26").servers.tag_list(server)][1], outcome=str)
        step("description", lambda: at("2.19").servers.update(server, description="changed").description, outcome=str)
        step("diagnostics", nova.servers.diagnostics, server, refused=True)
        step("live migration", lambda: at("2.1").servers.live_migrate(server, None, False, False), refused=True)
        step("reset state", nova.servers.reset_state, server, refused=True)
    step("not found", nova.servers.get, "00000000-0000-0000-0000-000000000000", refused=True)
