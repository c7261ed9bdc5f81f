"""The ground that everything stands on: errors, results, clocks, ids, hashes, secrets and database adapters."""
