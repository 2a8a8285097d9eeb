"""What a kind is, which kinds there are, and what their states are made of."""
