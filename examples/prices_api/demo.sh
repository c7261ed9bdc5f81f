#!/bin/sh
# Starts the API with its faults, runs the workflow for three days, and one of them again.
# The first argument is the spine command to use, the second the python.
set -eu
spine=${1:-spine}
python=${2:-python3}
cd "$(dirname "$0")"
log=$(mktemp)
"$python" server.py --port 0 --faults >"$log" &
server=$!
trap 'kill $server; rm -f "$log"' EXIT
until grep -q ^http "$log"; do
    kill -0 $server
    sleep 0.1
done
PRICES_KEY=only-for-the-demo
SPINE__SOURCES__PRICES__URL=$(sed -n '1s/ .*//p' "$log")
export PRICES_KEY SPINE__SOURCES__PRICES__URL

for day in 2026-01-05 2026-01-06 2026-01-06; do
    "$spine" run prices.daily -p "day=$day"
    echo
done
echo "Requests that the API saw"
tail -n +2 "$log"
echo
echo "Prices of 2026-01-06"
"$spine" -q captures read prices -p day=2026-01-06
echo
echo "The project, with its history and its captures in .spine, is in $PWD. Look around:"
echo
echo "  cd '$PWD'"
for command in "runs list" "runs show latest" "captures list" "sources history prices"; do
    echo "  '$spine' $command"
done
