"""The worker: takes jobs from the queue and drives each to its picture."""
