#!/bin/sh
# Compute API reference, "Instance Actions": curl. The first argument is the instance, the second the body.
curl -X POST "$REDU_URL/v1/instances/$1/actions" \
  -H "x-api-key: $REDU_API_KEY" \
  -H "Content-Type: application/json" \
  -d "$2"
