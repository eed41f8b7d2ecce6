"""Patches over time: salami, streams of many patches, and looking again while runs are added."""
