#!/bin/sh
# Runs the main job for each week. The first argument is the spine command to use.
set -eu
spine=${1:-spine}
cd "$(dirname "$0")"
for week in 20251215 20251222 20251229; do
    "$spine" run finra.weekly_refresh -p "week=$week"
    echo
done
echo "Top ten symbols by shares, week 20251229"
"$spine" -q captures read finra.otc.symbol_summary -p week=20251229 -n 10 -c symbol,shares,trades,venues,top_venue,top_venue_share
echo
echo "When it runs by itself (spine scheduler run)"
"$spine" -q schedules next weekly --count 3
