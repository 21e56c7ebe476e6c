"""A client's story in plain words, German and English."""
