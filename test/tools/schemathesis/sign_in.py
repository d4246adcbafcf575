"""How schemathesis signs in: with a new key after a request has revoked the last one, and as the operator at /admin."""

import itertools
import json
import os

import requests
import schemathesis

GATEWAY = os.environ["GATEWAY_URL"]
OPERATOR = {"authorization": f"Bearer {os.environ['GATEWAY_ADMIN_TOKEN']}"}
CUSTOMER = json.loads(os.environ["GATEWAY_CUSTOMER"])
ADDRESSES = itertools.count()


@schemathesis.auth(retry_on=[401, 403]).skip_for(path_regex="^/admin/")
class Customer:
    def get(self, case, context):
        body = {"name": "schemathesis"} | CUSTOMER
        response = requests.post(f"{GATEWAY}/admin/v1/keys", json=body, headers=OPERATOR, timeout=60)
        response.raise_for_status()
        return response.json()["key"]

    def set(self, case, key, context):
        case.headers["x-api-key"] = key


@schemathesis.auth().apply_to(path_regex="^/admin/")
class Operator:
    def get(self, case, context):
        return OPERATOR["authorization"]

    def set(self, case, authorization, context):
        case.headers["authorization"] = authorization


@schemathesis.hook
def before_call(context, case, kwargs):
    """Each request from an address of its own: an address may fail ten times a minute to sign in."""
    number = next(ADDRESSES)
    case.headers["x-forwarded-for"] = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
