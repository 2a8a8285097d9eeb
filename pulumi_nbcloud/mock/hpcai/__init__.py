"""The mock of HPC-AI."""
