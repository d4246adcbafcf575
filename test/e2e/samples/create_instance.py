# Compute API reference, "Create an Instance": Python, with the fields of this API
import os

import requests

server = {
    "name": "web-server-01",
    "flavor_id": "m1.medium",
    "image_id": "ubuntu-22.04-amd64",
    "networks": [{"uuid": os.environ["NETWORK_ID"]}],
    "keypair_name": "my-keypair",
    "security_group_names": ["web-servers"],
}
resp = requests.post(
    os.environ["REDU_URL"] + "/v1/instances",
    json=server,
    headers={"x-api-key": os.environ["REDU_API_KEY"], "Content-Type": "application/json"},
)
print(resp.json()["id"])
