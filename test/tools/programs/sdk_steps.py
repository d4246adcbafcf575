"""openstacksdk: both of its layers, `conn.create_server` and `conn.compute`, on every service of the catalog."""

import io
import os

import openstack
from steps import FLAVOR, IMAGE, steps, until

with steps() as step:
    name = step.name
    conn = openstack.connect(load_envvars=True, app_name="linguanova-test")
    served = {entry["type"] for entry in conn.service_catalog}
    step("authorize", conn.authorize, outcome=lambda token: bool(token))
    step("current project", lambda: conn.current_project.id, outcome=bool)
    step("list flavors", lambda: sorted(f.name for f in conn.list_flavors()), outcome=str)
    step("search images", lambda: [i.name for i in conn.search_images(IMAGE)], outcome=str)
    step("list availability zones", conn.list_availability_zone_names, outcome=str)
    step("get compute quotas", conn.get_compute_quotas, conn.current_project_id)
    step("get network quotas", conn.get_network_quotas, conn.current_project_id)
    step("get compute limits", conn.get_compute_limits)
    network = step("find a network", lambda: next(n for n in conn.network.networks() if not n.is_router_external and not n.is_shared))
    step("get a network", lambda: conn.network.get_network(network.id).name == network.name, outcome=bool)
    step("external network", lambda: conn.get_external_ipv4_networks()[0].name, outcome=str)

    keypair = step("create a key pair", conn.create_keypair, name, undo=lambda k: conn.delete_keypair(k.name))
    step("search key pairs", lambda: len(conn.search_keypairs(name)), outcome=str)
    group = step("create a security group", conn.create_security_group, name, "of a test", undo=lambda g: conn.delete_security_group(g.id))
    step("create a rule", lambda: conn.create_security_group_rule(group.id, 22, 22, "tcp", "0.0.0.0/0").port_range_min, outcome=str)
    step("list security groups", lambda: name in [g.name for g in conn.list_security_groups()], outcome=str)
    server_group = step("create a server group", conn.create_server_group, name, ["anti-affinity"], undo=lambda g: conn.delete_server_group(g.id))

    server = step(
        "create a server and wait",
        conn.create_server,
        name,
        image=IMAGE,
        flavor=FLAVOR,
        network=network.id,
        key_name=name,
        security_groups=[name],
        meta={"team": "blue"},
        description="of a test",
        userdata="#!/bin/sh\ntrue\n",
        wait=True,
        auto_ip=False,
        outcome=lambda s: s.status,
        undo=lambda s: conn.delete_server(s.id, wait=True, delete_ips=True),
    )
    if server:
        current = lambda: conn.compute.get_server(server.id)
        step("get a server", lambda: [current().name == name, current().metadata], outcome=str)
        step("get its description", lambda: current().description, outcome=str)
        step("get its groups", lambda: [g["name"] == name for g in current().security_groups], outcome=str)
        step("list servers", lambda: name in [s.name for s in conn.list_servers()], outcome=str)
        step("list servers with a filter", lambda: len(list(conn.compute.servers(name=name, limit=1))), outcome=str)
        step("list bare servers", lambda: name in [s.name for s in conn.list_servers(bare=True)], outcome=str)
        step("add an address", lambda: bool(conn.add_auto_ip(server, wait=True)), outcome=str)
        step("search floating ips", lambda: len([ip for ip in conn.list_floating_ips() if ip.fixed_ip_address]), outcome=str)
        step("update", lambda: conn.compute.update_server(server.id, name=name + "-2").name == name + "-2", outcome=str)
        step("set metadata", lambda: conn.compute.set_server_metadata(server.id, tier="web").metadata, outcome=str)
        step("delete metadata", conn.compute.delete_server_metadata, server.id, ["tier"])
        step("add a tag", lambda: conn.compute.add_tag_to_server(current(), "one"))
        step("get tags", lambda: current().fetch_tags(conn.compute).tags, outcome=str)
        step("stop", lambda: [conn.compute.stop_server(server.id), until(lambda: current().status, ["SHUTOFF"])][1], outcome=str)
        step("start", lambda: [conn.compute.start_server(server.id), until(lambda: current().status, ["ACTIVE"])][1], outcome=str)
        step("reboot", lambda: [conn.compute.reboot_server(server.id, "SOFT"), until(lambda: current().status, ["ACTIVE"])][1], outcome=str)
        step("console output", lambda: bool(conn.get_server_console(server.id)), outcome=str)
        step("console url", lambda: conn.compute.create_console(server.id, "novnc")["type"], outcome=str)
        step("actions", lambda: sorted({a.action for a in conn.compute.server_actions(server.id)}), outcome=str)
        step("interfaces", lambda: len(list(conn.compute.server_interfaces(server.id))), outcome=str)
        step("ports of the server", lambda: len(list(conn.network.ports(device_id=server.id))), outcome=str)
        step(
            "create an image of it",
            lambda: conn.create_image_snapshot(name, server.id, wait=True),
            outcome=lambda i: i.status,
            undo=lambda i: conn.delete_image(i.id, wait=True),
        )
        step("resize", lambda: [conn.compute.resize_server(server.id, conn.get_flavor("m1.small").id), until(lambda: current().status, ["VERIFY_RESIZE"])][1], outcome=str)
        step("confirm", lambda: [conn.compute.confirm_server_resize(server.id), until(lambda: current().status, ["ACTIVE"])][1], outcome=str)
        step("lock", conn.compute.lock_server, server.id)
        step("unlock", conn.compute.unlock_server, server.id)
        step("shelve", lambda: [conn.compute.shelve_server(server.id), until(lambda: current().status, ["SHELVED_OFFLOADED"]), until(lambda: current().task_state, [None])][1], outcome=str)
        step("unshelve", lambda: [conn.compute.unshelve_server(server.id), until(lambda: current().status, ["ACTIVE"])][1], outcome=str)
        step("migrate", conn.compute.migrate_server, server.id, refused=True)

    made = step("create a network", conn.create_network, name, undo=lambda n: conn.delete_network(n.id))
    if made:
        subnet = step("create a subnet", conn.create_subnet, made.id, cidr="10.99.0.0/24", subnet_name=name, undo=lambda s: conn.delete_subnet(s.id))
        router = step("create a router", conn.create_router, name, ext_gateway_net_id=conn.get_external_ipv4_networks()[0].id, undo=lambda r: conn.delete_router(r.id))
        if router and subnet:
            step("add a router interface", conn.add_router_interface, router, subnet_id=subnet.id, undo=lambda _: conn.remove_router_interface(router, subnet_id=subnet.id))
        step("create a port", lambda: conn.create_port(made.id, name=name, fixed_ips=[{"subnet_id": subnet.id}] if subnet else []), undo=lambda p: conn.delete_port(p.id))
        step("set tags of a network", lambda: conn.network.set_tags(made, ["a", "b"]).tags, outcome=lambda t: str(sorted(t)))
        step("list networks by tag", lambda: len(list(conn.network.networks(tags="a"))), outcome=str)

    with open(os.path.join(os.environ["HOME"], "image.raw"), "wb") as data:
        data.write(os.urandom(1_000_000))
    image = step(
        "upload an image",
        conn.create_image,
        name + "-up",
        filename=data.name,
        disk_format="raw",
        container_format="bare",
        wait=True,
        outcome=lambda i: i.status,
        undo=lambda i: conn.delete_image(i.id, wait=True),
    )
    if image:
        step("update an image", lambda: conn.image.update_image(image.id, name=name + "-upd").name == name + "-upd", outcome=str)
        step("tag an image", conn.image.add_tag, image.id, "one")
        step("download an image", lambda: len(conn.image.download_image(image.id).content), outcome=str)
        step("upload it again", lambda: conn.create_image(name + "-upd", filename=data.name, disk_format="raw", container_format="bare", wait=True).id == image.id, outcome=str)

    if served & {"volumev3", "block-storage"}:
        volume = step("create a volume", conn.create_volume, 1, name=name, wait=True, outcome=lambda v: v.status, undo=lambda v: conn.delete_volume(v.id, wait=True))
        step("list volumes", lambda: name in [v.name for v in conn.list_volumes()], outcome=str)
        step("list volume types", lambda: len(list(conn.block_storage.types())) > 0, outcome=str)
        step("get volume limits", lambda: bool(conn.get_volume_limits()), outcome=str)
        if volume:
            snapshot = step("create a volume snapshot", conn.create_volume_snapshot, volume.id, name=name, wait=True, undo=lambda s: conn.delete_volume_snapshot(s.id, wait=True))
            step("extend", conn.block_storage.extend_volume, volume.id, 2)
            step("update volume", lambda: conn.update_volume(volume.id, name=name + "-2").name == name + "-2", outcome=str)
            if server:
                until(lambda: conn.get_volume(volume.id).status, ["available", "error"])
                step("attach", lambda: bool(conn.attach_volume(server, conn.get_volume(volume.id), wait=True)), outcome=str)
                step("detach", lambda: conn.detach_volume(conn.get_server(server.id), conn.get_volume(volume.id), wait=True))

    if "object-store" in served:
        step("create a container", conn.create_container, name, undo=lambda _: [[conn.delete_object(name, o.name) for o in conn.list_objects(name)], conn.delete_container(name)])
        step("upload an object", lambda: conn.create_object(name, "a b/ü", data=b"12345"), undo=lambda _: conn.delete_object(name, "a b/ü"))
        step("upload a file in segments", lambda: conn.create_object(name, "large", filename=data.name, segment_size=300_000), undo=lambda _: conn.delete_object(name, "large"))
        step("list objects", lambda: sorted(o.name for o in conn.list_objects(name)), outcome=str)
        step("get an object", lambda: len(conn.get_object_raw(name, "large").content), outcome=str)
        step("object metadata", lambda: conn.object_store.set_object_metadata("a b/ü", name, color="red"))
        step("get object metadata", lambda: conn.object_store.get_object_metadata("a b/ü", name).metadata, outcome=str)
        step("temp url key", conn.object_store.set_container_temp_url_key, name, "secret")
        step("temp url", lambda: "temp_url_sig" in conn.object_store.generate_temp_url(f"/v1/AUTH_{conn.current_project_id}/{name}/large", 60, "GET", temp_url_key="secret"), outcome=str)
        step("capabilities", lambda: "swift" in conn.object_store.get_info().to_dict(), outcome=str)
    if "orchestration" in served:
        template = "heat_template_version: 2018-08-31\nresources:\n  word: {type: 'OS::Heat::RandomString'}\noutputs:\n  word: {value: {get_attr: [word, value]}}\n"
        path = os.path.join(os.environ["HOME"], "stack.yaml")
        with open(path, "w") as file:
            file.write(template)
        step("create a stack", conn.create_stack, name, template_file=path, wait=True, outcome=lambda s: s.status, undo=lambda s: conn.delete_stack(s.id, wait=True))
        step("get a stack by name", lambda: conn.get_stack(name).outputs[0]["output_key"], outcome=str)
        step("list resources", lambda: [r.resource_type for r in conn.orchestration.resources(conn.orchestration.get_stack(name))], outcome=str)
    if "key-manager" in served:
        secret = step("store a secret", lambda: conn.key_manager.create_secret(name=name, payload="hunter2", payload_content_type="text/plain"), undo=lambda s: conn.key_manager.delete_secret(s.secret_id))
        if secret:
            step("get a secret", lambda: conn.key_manager.get_secret(secret.secret_id).payload, outcome=str)
            step("list secrets", lambda: name in [s.name for s in conn.key_manager.secrets()], outcome=str)
            step("container of secrets", lambda: conn.key_manager.create_container(name=name, type="generic", secret_refs=[{"name": "a", "secret_ref": secret.secret_ref}]), undo=lambda c: conn.key_manager.delete_container(c.container_id))
    if "dns" in served:
        zone = step("create a zone", conn.create_zone, name + ".example.", email="root@example.com", undo=lambda z: conn.delete_zone(z.id))
        if zone:
            step("create a record set", lambda: conn.create_recordset(zone.id, f"www.{name}.example.", "A", ["192.0.2.9"]), undo=lambda r: conn.delete_recordset(zone.id, r.id))
            step("list record sets", lambda: sorted(r.type for r in conn.dns.recordsets(zone)), outcome=str)
    if "load-balancer" in served:
        vip = network.subnet_ids[0]
        balancer = step("create a load balancer", lambda: conn.load_balancer.create_load_balancer(name=name, vip_subnet_id=vip), undo=lambda b: [conn.load_balancer.delete_load_balancer(b.id, cascade=True), until(lambda: conn.load_balancer.find_load_balancer(b.id) is None, [True])])
        if balancer:
            ready = lambda: until(lambda: conn.load_balancer.get_load_balancer(balancer.id).provisioning_status, ["ACTIVE"])
            step("wait for it", ready, outcome=str)
            listener = step("create a listener", lambda: conn.load_balancer.create_listener(name=name, protocol="TCP", protocol_port=80, load_balancer_id=balancer.id))
            step("wait for the listener", ready, outcome=str)
            pool = step("create a pool", lambda: conn.load_balancer.create_pool(name=name, protocol="TCP", lb_algorithm="ROUND_ROBIN", listener_id=listener.id))
            step("wait for the pool", ready, outcome=str)
            step("create a member", lambda: conn.load_balancer.create_member(pool.id, address="192.0.2.9", protocol_port=80))
            step("wait for the member", ready, outcome=str)
    step("list application credentials", lambda: len(list(conn.identity.application_credentials(conn.current_user_id))) > 0, outcome=str)
    step("list projects", lambda: len(list(conn.identity.user_projects(conn.current_user_id))), outcome=str)
    step("revoke the token", lambda: conn.session.delete(conn.config.auth["auth_url"].rstrip("/") + "/auth/tokens", headers={"X-Subject-Token": conn.auth_token}).status_code, outcome=str)
