#!/bin/sh
# redu, "List Instances": curl
curl "$REDU_URL/v1/instances" \
-H "x-api-key: $REDU_API_KEY"
