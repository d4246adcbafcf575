"""Apache Libcloud, as docs/tools/libcloud.md signs in: compute, volumes, floating IPs, object storage."""

import os

from libcloud.compute.providers import get_driver
from libcloud.compute.types import Provider
from libcloud.storage.providers import get_driver as get_storage
from libcloud.storage.types import Provider as Storage
from steps import FLAVOR, IMAGE, steps, until

address = {
    # Libcloud adds /v3/auth/tokens.
    "ex_force_auth_url": os.environ["OS_AUTH_URL"].removesuffix("/v3"),
    "ex_force_auth_version": "3.x_appcred",
    "ex_force_service_region": os.environ["OS_REGION_NAME"],
}
key = os.environ["OS_APPLICATION_CREDENTIAL_ID"], os.environ["OS_APPLICATION_CREDENTIAL_SECRET"]

with steps() as step:
    name = step.name
    driver = get_driver(Provider.OPENSTACK)(*key, **address, api_version="2.2")
    sizes = step("list sizes", driver.list_sizes, outcome=lambda them: sorted(s.name for s in them))
    size = next(s for s in sizes if s.name == FLAVOR)
    images = step("list images", driver.list_images, outcome=lambda them: IMAGE in [i.name for i in them])
    image = next(i for i in images if i.name == IMAGE)
    step("get an image", lambda: driver.get_image(image.id).name, outcome=str)
    networks = step("list networks", driver.ex_list_networks, outcome=lambda them: len(them) > 0)
    network = next(n for n in networks if n.name != "public")
    step("list locations", lambda: len(driver.list_locations()), outcome=str)
    step("list subnets", lambda: len(driver.ex_list_subnets()) > 0, outcome=str)
    step("create a key pair", driver.create_key_pair, name, undo=driver.delete_key_pair, outcome=lambda k: bool(k.private_key))
    step("get a key pair", lambda: driver.get_key_pair(name).name == name, outcome=str)
    group = step("create a security group", driver.ex_create_security_group, name, "of a test", undo=driver.ex_delete_security_group)
    if group:
        step("create a rule", lambda: driver.ex_create_security_group_rule(group, "tcp", 22, 22, cidr="0.0.0.0/0").from_port, outcome=str)
    step("list security groups", lambda: name in [g.name for g in driver.ex_list_security_groups()], outcome=str)

    def gone(node):
        driver.destroy_node(node)
        until(lambda: driver.ex_get_node_details(node.id) is None, [True])

    node = step("create a node", lambda: driver.create_node(name=name, size=size, image=image, networks=[network], ex_keyname=name, ex_security_groups=[group] if group else None, ex_metadata={"team": "blue"}), undo=gone)
    if node:
        current = lambda: driver.ex_get_node_details(node.id)
        running = lambda: until(lambda: str(current().state).lower(), ["running"])
        step("wait", running, outcome=str)
        step("list nodes", lambda: name in [n.name for n in driver.list_nodes()], outcome=str)
        step("metadata", lambda: driver.ex_get_metadata(node), outcome=str)
        step("set metadata", lambda: driver.ex_set_metadata(node, {"tier": "web"}), outcome=str)
        step("rename", lambda: driver.ex_update_node(node, name=name + "-2").name == name + "-2", outcome=str)
        step("reboot", driver.reboot_node, node, outcome=str)
        running()
        step("stop", lambda: [driver.stop_node(node), until(lambda: str(current().state).lower(), ["stopped"])][1], outcome=str)
        step("start", lambda: [driver.start_node(node), running()][1], outcome=str)
        step("console output", lambda: bool(driver.ex_get_console_output(node, 1)), outcome=str)
        pools = driver.ex_list_floating_ip_pools()
        step("floating ip pools", lambda: [p.name for p in pools], outcome=str)
        address = step("create a floating ip", lambda: pools[0].create_floating_ip(), undo=lambda ip: driver.ex_delete_floating_ip(ip))
        if address:
            step("list floating ips", lambda: address.ip_address in [ip.ip_address for ip in driver.ex_list_floating_ips()], outcome=str)
            step("attach it", driver.ex_attach_floating_ip_to_node, current(), address, outcome=str)
            step("detach it", driver.ex_detach_floating_ip_from_node, current(), address, outcome=str)
        step("save an image", lambda: driver.create_image(current(), name), undo=driver.delete_image)
        volume = step("create a volume", lambda: driver.create_volume(1, name), undo=driver.destroy_volume)
        if volume:
            state = lambda: str(driver.ex_get_volume(volume.id).state).lower()
            until(state, ["available"])
            step("list volumes", lambda: name in [v.name for v in driver.list_volumes()], outcome=str)
            snapshot = step("create a snapshot", lambda: driver.create_volume_snapshot(volume, name))
            if snapshot:
                until(lambda: str(next(s for s in driver.ex_list_snapshots() if s.id == snapshot.id).state).lower(), ["available"])
                step("delete the snapshot", lambda: [driver.destroy_volume_snapshot(snapshot), until(lambda: snapshot.id in [s.id for s in driver.ex_list_snapshots()], [False])][1], outcome=str)
            step("attach a volume", lambda: [driver.attach_volume(current(), volume, "auto"), until(state, ["inuse"])][1], outcome=str)
            step("detach a volume", lambda: [driver.detach_volume(driver.ex_get_volume(volume.id)), until(state, ["available"])][1], outcome=str)

    if "object-store" in [entry.service_type for entry in driver.connection.service_catalog.get_entries()]:
        storage = get_storage(Storage.OPENSTACK_SWIFT)(*key, **{n: v for n, v in {
            "ex_force_auth_url": os.environ["OS_AUTH_URL"].removesuffix("/v3"),
            "ex_force_auth_version": "3.x_appcred",
            "ex_force_service_region": os.environ["OS_REGION_NAME"],
        }.items()}, region=os.environ["OS_REGION_NAME"])
        path = os.path.join(os.environ["HOME"], "object")
        with open(path, "wb") as data:
            data.write(b"12345")
        container = step("create a container", storage.create_container, name, undo=storage.delete_container)
        made = step("upload an object", lambda: container.upload_object(path, "a b"), undo=storage.delete_object)
        step("list objects", lambda: [o.name for o in container.list_objects()], outcome=str)
        step("download an object", lambda: b"".join(storage.download_object_as_stream(made)), outcome=lambda b: b.decode())
