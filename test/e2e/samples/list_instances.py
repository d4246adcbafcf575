# redu, "List Instances": Python
import json
import os

import requests

resp = requests.get(
    os.environ["REDU_URL"] + "/v1/instances",
    headers={"x-api-key": os.environ["REDU_API_KEY"]},
)
resp.raise_for_status()
print(json.dumps(resp.json()))
