#!/bin/sh
# Copies the prices of a day into work/; exit code 75 (try again) while they are not available.
set -eu
day=$1
mkdir -p work
if [ ! -e "feed/prices_$day.csv" ]; then
    echo "no prices of $day yet" >&2
    exit 75
fi
cp "feed/prices_$day.csv" "work/prices_$day.csv.part"
mv "work/prices_$day.csv.part" "work/prices_$day.csv"
echo "{\"file\": \"work/prices_$day.csv\"}"
