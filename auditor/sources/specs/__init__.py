"""Where revisions of a spec come from: a git repository, or a folder of dated revisions."""
