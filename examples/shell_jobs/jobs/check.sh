#!/bin/sh
# Refuses a file with a line that has not exactly three fields.
set -eu
awk -F, 'NF != 3 { print "line " NR " has " NF " fields" > "/dev/stderr"; bad = 1 } END { exit bad }' "$1"
