"""What the benchmark's connector declares of its calls, for it and for those who reckon what they permit."""

BATCH = 50
PARALLEL_CALLS = 2
