"""Packer builds an image from a server, signed in from OpenStack's variables. Guests do not run: it does not connect to the server."""

import os

import openstack
from steps import run, steps

with steps() as step:
    conn = openstack.connect(load_envvars=True)
    network = next(n for n in conn.network.networks() if not n.is_router_external and not n.is_shared)
    variables = {"name": step.name, "network": network.id, "region": os.environ["OS_REGION_NAME"]}
    options = [word for pair in variables.items() for word in ("-var", "=".join(pair))]
    step("validate", run, "packer", "validate", *options, "packer.json", CHECKPOINT_DISABLE="1")
    step("build", run, "packer", "build", "-color=false", *options, "packer.json", CHECKPOINT_DISABLE="1")
    image = step("image", lambda: conn.image.find_image(step.name, ignore_missing=False), outcome=lambda i: i.status, undo=lambda i: conn.delete_image(i.id, wait=True))
    step("servers left", lambda: len([s for s in conn.compute.servers() if s.name.startswith(("packer", step.name))]), outcome=str)
    step("key pairs left", lambda: len([k for k in conn.compute.keypairs() if k.name.startswith("packer")]), outcome=str)
