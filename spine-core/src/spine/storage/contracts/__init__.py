"""Results of the checks of contracts in SQL."""
