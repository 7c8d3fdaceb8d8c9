"""Sessions of the web faces and of the kiosks, and the log-in with a second device."""
