"""交付した紙: what can be said about a sheet after it has left, to somebody who holds it."""
