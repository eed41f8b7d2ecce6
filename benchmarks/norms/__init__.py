"""Do the directions that `auditor.clauses.norms` gives agree with a reader of the changes?"""
