"""Apache Libcloud with an API key: list, create, get, reboot, delete. Prints what it saw as JSON."""

import json
import os
import time

from libcloud.compute.providers import get_driver
from libcloud.compute.types import NodeState, Provider

driver = get_driver(Provider.OPENSTACK)(
    os.environ["KEY_ID"],
    os.environ["KEY"],
    # Used as it is once it has a path.
    ex_force_auth_url=os.environ["GATEWAY"] + "/identity/v3/auth/tokens",
    ex_force_auth_version="3.x_password",
    ex_tenant_name=os.environ["PROJECT"],
    ex_domain_name="Default",
    ex_force_service_region="RegionOne",
    api_version="2.2",
)


def wait(node, states):
    deadline = time.time() + 120
    while time.time() < deadline:
        found = driver.ex_get_node_details(node.id)
        if (found.state if found else None) in states:
            return found
        time.sleep(0.5)
    raise SystemExit("waited in vain for %s" % (states,))


size = next(size for size in driver.list_sizes() if size.name == "m1.tiny")
image = next(image for image in driver.list_images() if image.name == os.environ["IMAGE"])
network = next(network for network in driver.ex_list_networks() if network.id == os.environ["NETWORK"])
node = driver.create_node(name=os.environ["NAME"], size=size, image=image, networks=[network])
running = wait(node, [NodeState.RUNNING])
listed = [one.id for one in driver.list_nodes()]
rebooted = driver.reboot_node(running)
wait(node, [NodeState.RUNNING])
destroyed = driver.destroy_node(running)
wait(node, [None])
print(json.dumps({
    "id": node.id,
    "name": running.name,
    "listed": node.id in listed,
    "rebooted": rebooted,
    "destroyed": destroyed,
}))
