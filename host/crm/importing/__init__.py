"""Import of CSV files: read, assign columns, preview, and write in pieces that a broken-off import goes on from."""
