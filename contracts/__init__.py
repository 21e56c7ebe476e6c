"""What services and agencies say to each other. Imports nothing of ours."""
