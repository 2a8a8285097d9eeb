"""Oracle AI Data Platform."""
