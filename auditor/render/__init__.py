"""Values out as text: one file a format.

Blocks of `document` go through `terminal`, `markdown` and `html`; frozen values through `json`, whose documents are
in `documents` and their keys in `shapes`; what an audit or a decision comes to, in the words of other tools, through
`results` and the formats of `formats`. Out goes text that is safe to show: `escape`. Open `documents` for JSON,
`terminal` for sentences.
"""
