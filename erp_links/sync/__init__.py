"""The sync engine: `work` finds runs; `executor` executes one with `pull` and `push`, which both stand on `merge`."""
