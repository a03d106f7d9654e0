"""What YAML may say, and what results look like."""
