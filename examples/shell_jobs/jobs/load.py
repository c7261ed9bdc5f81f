#!/usr/bin/env python3
"""Replaces the prices of a day in prices.db."""

import csv
import json
import sqlite3
import sys

day, file = sys.argv[1:]
with open(file, newline="") as lines:
    rows = [(day, row["symbol"], row["price"], row["currency"]) for row in csv.DictReader(lines)]
print(f"loading {len(rows)} prices of {day}", file=sys.stderr)
with sqlite3.connect("work/prices.db") as database:
    database.execute("CREATE TABLE IF NOT EXISTS prices (day, symbol, price, currency, PRIMARY KEY (day, symbol))")
    database.execute("DELETE FROM prices WHERE day = ?", (day,))
    database.executemany("INSERT INTO prices VALUES (?, ?, ?, ?)", rows)
database.close()
print(json.dumps({"rows": len(rows)}))
