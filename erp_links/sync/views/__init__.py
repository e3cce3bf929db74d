"""What people and programs see of runs, failed records and the state of a link."""
