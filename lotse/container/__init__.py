"""What a container does once and ends with: secrets, databases, topics, and a demonstration's year."""
