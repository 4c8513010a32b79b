#!/usr/bin/env bash
# SPDX-License-Identifier: EUPL-1.2
# ./dev run: start the engine, load the fictional municipality Wilgenmeer when the data folder is
# new, show what it holds and what to try. Usage: run-example.sh BUILD-FOLDER [--once]
set -euo pipefail
build=$1
once=${2:-}
data=${SCHAKEL_DATA_DIR:-$PWD/run}
engine=$build/engine/daemon/schakeld
schakel=("$build/bindings/cli/schakel" --data "$data")
say() { printf '\n\033[1m%s\033[0m\n' "$*"; }

mkdir -p "$data"
chmod 700 "$data"
if "${schakel[@]}" status >/dev/null 2>&1; then
  echo "An engine runs on $data already: use it, or set SCHAKEL_DATA_DIR to another folder." >&2
  exit 1
fi
# The gateway's usual port, or any free one when another program has it.
port=$(python3 - <<'PYTHON'
import socket
for port in (8080, 0):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        print(probe.getsockname()[1])
        break
PYTHON
)
"$engine" --data "$data" --log warn --plugin-dir "$build/plugins" \
  --plugin "http.listen=127.0.0.1:$port" &
pid=$!
stop() { kill "$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true; }
trap stop EXIT
trap 'exit 0' INT TERM

# The municipality's own rules: pushed by one person, approved by another, then active.
activate_rules() {
  local hash second=$data/second.token
  hash=$("${schakel[@]}" --json rules push scripts/rules/wilgenmeer.lua |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["receipts"]["items"][0]["id"])')
  "${schakel[@]}" --json token create --role rule-author --name "tweede persoon" |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["newToken"]["token"])' >"$second"
  chmod 600 "$second"
  "${schakel[@]}" --token-file "$second" rules approve "$hash"
  "${schakel[@]}" rules activate "$hash"
}

for _ in $(seq 100); do
  "${schakel[@]}" status >/dev/null 2>&1 && break
  kill -0 "$pid" 2>/dev/null || { echo "schakeld did not start" >&2; exit 1; }
  sleep 0.1
done

if [ ! -e "$data/example.loaded" ]; then
  say "Loading the example municipality Wilgenmeer"
  python3 scripts/example/wilgenmeer/generate.py --out "$data/example" --start "$(date +%F)"
  "${schakel[@]}" taxonomy import scripts/taxonomy.json
  "${schakel[@]}" area import "$data/example/areas.geojson"
  "${schakel[@]}" import "$data/example/connectors.ndjson"
  activate_rules
  "${schakel[@]}" import "$data/example/listings.ndjson"
  touch "$data/example.loaded"
fi

say "Wilgenmeer, een verzonnen gemeente / a fictional municipality"
"${schakel[@]}" status
say "De beste voorstellen van nu / the best suggestions now"
"${schakel[@]}" suggestion list --best-first --limit 3
say "Who could help wm-need-0001, and why"
"${schakel[@]}" match wm-need-0001 --limit 3

cat <<TEXT

The engine runs; its data is in $data. In another terminal:

  export SCHAKEL_DATA_DIR=$data PATH=$(cd "$build" && pwd)/bindings/cli:\$PATH
  schakel listing put --kind need --party buur-1 --new-party resident \\
      --title "Wie gaat er mee wandelen?" --category gezelschap.wandelen --at 52.53,5.22 \\
      --reach 3000 --when "TU,TH 10:00-16:00"
  schakel match wm-need-0001            who could help, and why
  schakel whynot wm-need-0887           nobody fits: what stands in the way
  schakel suggestion list               the work list
  schakel suggestion decide ID accept   by a buurtverbinder
  schakel events --after 0 --follow     everything that happens
  schakel rules list                    the rules that decide
  schakel --help                        all commands

Over HTTP, at http://127.0.0.1:$port/ (/v1/openapi.json describes all of it):

  curl -H "Authorization: Bearer \$(cat $data/admin.token)" \\
      "http://127.0.0.1:$port/v1/plaatsingen/wm-need-0001/matches?limit=3"
TEXT
[ "$once" = --once ] && exit 0
echo
echo "Ctrl-C stops the engine."
wait "$pid"
