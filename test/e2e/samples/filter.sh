#!/bin/sh
# Compute API reference, "List Instances with Filtering": curl. The argument is the query string.
curl -X GET "$REDU_URL/v1/instances?$1" \
  -H "x-api-key: $REDU_API_KEY"
