"""What is entailed for a patient in, states of statements and statuses of actions in the closed world out."""
