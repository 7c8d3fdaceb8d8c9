"""Page types compiled once and filled for each document."""
