#!/bin/sh
# Makes the tables of the history, and runs the workflow for two days. The first argument is the spine command to use.
set -eu
spine=${1:-spine}
cd "$(dirname "$0")"
"$spine" db upgrade
for day in 2026-01-05 2026-01-06; do
    echo
    "$spine" run warehouse.daily -p "day=$day"
done
echo
echo "Positions at the end of 2026-01-06"
"$spine" -q captures read positions -p day=2026-01-06
echo
echo "The project is in $PWD; its history and its tables are in the database that this names:"
echo
echo "  cd '$PWD'"
for command in "db status" "runs list" "captures list"; do
    echo "  '$spine' $command"
done
