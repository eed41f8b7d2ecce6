"""Do the directions that `auditor.clauses.deontic` gives agree with a reader of the changes?"""
