"""The mock of Oracle AI Data Platform."""
