"""What `scripts/acceptance` runs: behaviours of each cloud as data, against the mock and against the real cloud."""
