"""One file a question: what each verb of `cli` asks, answered with the real world; the composition root.

In come paths, names, days and the environment as a verb was given them; out go frozen values (`Audit`, `Report`,
`Decision`, `Verification`, ...) that `document` and `render` write. Open `audit` first: `assess_project` is the one
way to an `Audit`. `project` opens what the others work on, and `gate`, `report`, `graph` and `notebook` read the
audit.
"""
