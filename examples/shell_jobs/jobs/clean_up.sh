#!/bin/sh
# Removes fetched files that are older than so many days.
set -eu
mkdir -p work
find work -name 'prices_*.csv' -mtime "+$1" -print -delete
