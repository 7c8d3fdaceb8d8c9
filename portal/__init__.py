"""Where the records are: the municipality's servers (web faces, worker, admin commands)."""
