"""Audit, decision, report and history as text in no format: each sentence is written once.

In come the frozen values of `audit` and `gate`; out go sentences, which `render` escapes and lays out.
"""
