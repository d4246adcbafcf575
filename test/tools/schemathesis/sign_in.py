"""How schemathesis signs in: with a new key after a request has revoked the last one, and as the operator at /admin."""

import itertools
import json
import os
import re

import requests
import schemathesis

GATEWAY = os.environ["GATEWAY_URL"]
OPERATOR = {"authorization": f"Bearer {os.environ['GATEWAY_ADMIN_TOKEN']}"}
CUSTOMER = json.loads(os.environ["GATEWAY_CUSTOMER"])
NUMBERS = itertools.count()
IDEMPOTENCY_KEY = re.compile(r"[!#-+.-~-]{1,200}")


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
    """
    Each request from an address of its own: an address may fail ten times a minute to sign in. And with an Idempotency-Key of its
    own, if it has a valid one: schemathesis varies one request after another, which with the same key is 409 whatever its body.
    """
    number = next(NUMBERS)
    case.headers["x-forwarded-for"] = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    key = case.headers.get("Idempotency-Key")
    if isinstance(key, str) and IDEMPOTENCY_KEY.fullmatch(key):
        case.headers["Idempotency-Key"] = f"{key}-{number}"
