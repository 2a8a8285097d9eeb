"""Reads of one process: its accounts, reads that are shared, and the background loop."""
