"""How fast Tieline is beside a peer and beside what a hand could write: `make benchmark`."""
