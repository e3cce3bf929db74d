"""Taking back what a run wrote into the hub, as its log tells it."""
