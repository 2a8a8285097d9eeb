"""Describe the responses to a read without their values, and compare them with what the vendor's pages say."""
