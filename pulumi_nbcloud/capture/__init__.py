"""Reads as shapes: what a cloud answered, without its values, beside what the vendor's pages say."""
