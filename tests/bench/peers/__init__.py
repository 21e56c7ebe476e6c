"""What Lotse is compared with: the same work written by hand, and by the libraries that others would take."""
