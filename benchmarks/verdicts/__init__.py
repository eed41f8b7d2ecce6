"""Verdicts on simulated histories whose truth is known, beside what teams do today."""
