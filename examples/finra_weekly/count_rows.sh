#!/bin/sh
# Counts the rows of a file below its header, as a check on the number that Spine read.
set -eu
awk 'END { printf "{\"rows\": %d}\n", NR - 1 }' "$1"
