"""What is about to land: verdicts, checks and policy into one frozen Decision."""
