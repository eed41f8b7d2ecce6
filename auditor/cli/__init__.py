"""The verbs: parse, call `app`, render, exit. One file a verb, or a family of verbs.

In come arguments and streams; out go a document on stdout, everything else on stderr, and an exit code. Open `main`
first: its table of verbs says which file has which; `options` has the options and the console that several share.
"""
