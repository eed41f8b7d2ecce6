"""One rule a file, found by walking this folder. A check reads facts and returns a value.

Facts of a patch, a text, a landing or a waiver come in; findings go out, or that there is none, or that it cannot be
told. Open `interface` first (what a check is), then any rule; `runner` runs them all, `catalogue` lists them.
"""
