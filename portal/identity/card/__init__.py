"""The card's certificate: what it signs, whether it is one, and what is known of its holder."""
