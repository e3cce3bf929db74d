"""What waits for a person: conflicts, ambiguous matches, unclear creates, tombstones; and what a person decides."""
