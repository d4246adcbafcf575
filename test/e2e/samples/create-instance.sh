#!/bin/sh
# Compute API reference, "Create an Instance": curl, with the fields of this API
curl -X POST "$REDU_URL/v1/instances" \
  -H "x-api-key: $REDU_API_KEY" \
  -H "Content-Type: application/json" \
  -d '{
    "name": "web-server-01",
    "flavor_id": "m1.medium",
    "image_id": "ubuntu-22.04-amd64",
    "networks": [{ "uuid": "'"$NETWORK_ID"'" }],
    "keypair_name": "my-keypair",
    "security_group_names": ["web-servers"]
  }'
