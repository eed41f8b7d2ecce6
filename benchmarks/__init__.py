"""What auditor is measured by: limits, peers, verdicts, and the demonstration's simulator."""
