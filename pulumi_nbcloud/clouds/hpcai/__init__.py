"""HPC-AI."""
