"""The sync engine: `work` finds runs, `executor` executes one by way of `pull` and `push`, and both stand on `merge`."""
