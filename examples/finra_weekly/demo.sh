#!/bin/sh
# Runs the main job for two weeks, and the week between by a backfill. The first argument is the spine command to use.
set -eu
spine=${1:-spine}
cd "$(dirname "$0")"
for week in 20251215 20251229; do
    "$spine" run finra.weekly_refresh -p "week=$week"
    echo
done
echo "The weeks, and a backfill of those that are missing"
"$spine" -q partitions finra.weekly_refresh --until 20251229
"$spine" -q backfill finra.weekly_refresh --from 20251215 --to 20251229 --missing
echo
echo "Top ten symbols by shares, week 20251229"
"$spine" -q captures read finra.otc.symbol_summary -p week=20251229 -n 10 -c symbol,shares,trades,venues,top_venue,top_venue_share
echo
echo "When it runs by itself (spine scheduler run)"
"$spine" -q schedules next weekly --count 3
echo
echo "The project, with its history and its captures in .spine, is in $PWD. Look around:"
echo
echo "  cd '$PWD'"
for command in "runs list" "runs show latest" "captures list" \
    "captures show finra.otc.symbol_summary -p week=20251229" "sources history finra.otc.weekly"; do
    echo "  '$spine' $command"
done
