"""The three-way merge: what both sides have and had, and who wins."""
