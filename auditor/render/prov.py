"""The graph as W3C PROV-JSON, for tools that keep or ask provenance (Member Submission of 24 April 2013; PROV-DM).

What a revision looked like in one commit, a sighting, is an entity, since a revert makes the same revision again and an
entity is made once; it specialises its revision. A patch is the activity that made the later sighting from the earlier;
each run has one of its own, the evaluation, which used what was evaluated and is associated with the scorer.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import quote

from auditor import __version__
from auditor.evidence.web import BESIDE, Attributes, Link, Node, Web

Members = dict[str, object]
Record = tuple[str, str, Members]  # its section, its id (a relation has none), its members

NAMESPACE = "urn:auditor:"
_KNOWN = {"prov": "http://www.w3.org/ns/prov#", "xsd": "http://www.w3.org/2001/XMLSchema#"}
_AUDITOR = "auditor:software"
_JUDGED = frozenset(("step", "window", "gap", "finding"))
_TYPES = {"plan": "prov:Plan", "items": "prov:Collection", "spec": "prov:Collection"}


def graph_prov(given: Web) -> str:
    """The graph as one PROV-JSON document: the ids of its nodes as qualified names, every dependence as a relation."""
    document: dict[str, Members] = {"prefix": _prefixes(given)}
    relations: dict[tuple[str, str], str] = {}
    for section, name, members in _records(given):
        # Two links may come to one relation: of a step with one checkpoint, that before and that after.
        own = name or relations.setdefault((section, json.dumps(members)), f"_:r{len(relations)}")
        document.setdefault(section, {}).setdefault(own, members)
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _prefixes(given: Web) -> Members:
    own = dict.fromkeys(("auditor", "evaluation", "person", *(node.kind for node in given.nodes.values())))
    return {**_KNOWN, **{kind: NAMESPACE if kind == "auditor" else f"{NAMESPACE}{kind}:" for kind in own}}


def _records(given: Web) -> Iterator[Record]:
    software = {**_typed("prov:SoftwareAgent"), "prov:label": f"auditor {__version__}"}
    yield "agent", _AUDITOR, software
    for node in given.nodes.values():
        yield from _of_node(node, given)
    for link in given.links:
        if link.kind not in BESIDE:
            yield from _of_link(link, given)


def _of_node(node: Node, given: Web) -> Iterator[Record]:
    name = qualified(node.id)
    told = {**_typed(_TYPES.get(node.kind, f"auditor:{node.kind}")), "prov:label": node.label, **_said(node.attributes)}
    if node.kind == "patch":
        yield "activity", name, told
    elif node.kind == "scorer":
        yield "agent", name, told
    else:
        yield "entity", name, told
    if node.kind in _JUDGED:
        yield _relation("wasAttributedTo", entity=name, agent=_AUDITOR)
    if node.kind == "waiver" and "who" in node.attributes:
        person = qualified(f"person:{node.attributes['who']}")
        yield "agent", person, {**_typed("prov:Person"), "prov:label": str(node.attributes["who"])}
        yield _relation("wasAttributedTo", entity=name, agent=person)
    if node.kind == "run":
        yield "activity", _evaluation(node.id), _typed("auditor:evaluation")
        when = {"time": node.attributes["created"]} if "created" in node.attributes else {}
        yield _relation("wasGeneratedBy", entity=name, activity=_evaluation(node.id), **when)
    if node.kind == "patch":
        yield from _of_patch(node, given)


def _of_patch(patch: Node, given: Web) -> Iterator[Record]:
    name = qualified(patch.id)
    for before in given.behind(patch.id, "from"):
        yield _relation("used", activity=name, entity=qualified(before))
    for after in given.behind(patch.id, "to"):
        when = {"time": given.nodes[after].attributes["date"]} if "date" in given.nodes[after].attributes else {}
        yield _relation("wasGeneratedBy", entity=qualified(after), activity=name, **when)
        for before in given.behind(patch.id, "from"):
            ends = {"generatedEntity": qualified(after), "usedEntity": qualified(before)}
            yield _relation("wasDerivedFrom", **ends, activity=name)


def _of_link(link: Link, given: Web) -> Iterator[Record]:
    """The relation of a link; one with no narrower meaning in PROV is an influence, from what depends to on what."""
    special = _RELATIONS.get((link.source.partition(":")[0], link.kind))
    if special is not None:
        yield from special(link)
    else:
        yield _relation("wasInfluencedBy", influencee=qualified(link.source), influencer=qualified(link.target))


def _nothing(_: Link) -> Iterator[Record]:
    """What is said already, with the patch."""
    yield from ()


def _specialised(link: Link) -> Iterator[Record]:
    ends = {"specificEntity": qualified(link.source), "generalEntity": qualified(link.target)}
    yield _relation("specializationOf", **ends)


def _member(link: Link) -> Iterator[Record]:
    yield _relation("hadMember", collection=qualified(link.target), entity=qualified(link.source))


def _derived(link: Link) -> Iterator[Record]:
    yield _relation("wasDerivedFrom", generatedEntity=qualified(link.source), usedEntity=qualified(link.target))


def _used(link: Link) -> Iterator[Record]:
    yield _relation("used", activity=_evaluation(link.source), entity=qualified(link.target))


def _scored(link: Link) -> Iterator[Record]:
    scorer = qualified(link.target)
    yield _relation("wasAssociatedWith", activity=_evaluation(link.source), agent=scorer)
    yield _relation("wasAttributedTo", entity=qualified(link.source), agent=scorer)


def _planned(link: Link) -> Iterator[Record]:
    yield _relation("wasAssociatedWith", activity=_evaluation(link.source), plan=qualified(link.target))


def _changed(link: Link) -> Iterator[Record]:
    """A patch changes a clause, so that it is the clause that was influenced."""
    told = _said(link.attributes)
    ends = {"influencee": qualified(link.target), "influencer": qualified(link.source)}
    yield "wasInfluencedBy", "", {**_relation("", **ends)[2], **told}


def _judging(link: Link) -> Iterator[Record]:
    """A step judges a patch, which the graph says from the patch: the verdict was influenced."""
    yield _relation("wasInfluencedBy", influencee=qualified(link.target), influencer=qualified(link.source))


_Of = Callable[[Link], Iterator[Record]]
# By the kind of what depends, and of the link.
_RELATIONS: Mapping[tuple[str, str], _Of] = {
    ("patch", "from"): _nothing,
    ("patch", "to"): _nothing,
    ("patch", "changes"): _changed,
    ("patch", "judged_by"): _judging,
    ("sighting", "shows"): _specialised,
    ("sighting", "of"): _specialised,
    ("clause", "of"): _member,
    ("clause", "split_from"): _derived,
    ("items", "version_of"): _specialised,
    ("checkpoint", "is_a"): _specialised,
    ("checkpoint", "trained_from"): _derived,
    ("run", "on"): _used,
    ("run", "under"): _used,
    ("run", "of"): _used,
    ("run", "with"): _used,
    ("run", "scored_by"): _scored,
    ("run", "planned_by"): _planned,
    ("step", "rests_on"): _derived,
    ("window", "rests_on"): _derived,
    ("gap", "rests_on"): _derived,
    ("finding", "cites"): _derived,
}


def _relation(section: str, **members: object) -> Record:
    return section, "", {f"prov:{name}": value for name, value in members.items()}


def _evaluation(run: str) -> str:
    return qualified(f"evaluation:{run.partition(':')[2]}")


def _typed(name: str) -> Members:
    return {"prov:type": {"$": name, "type": "xsd:QName"}}


def _said(attributes: Attributes) -> Members:
    return {f"auditor:{name}": value for name, value in attributes.items()}


def qualified(name: str) -> str:
    """A node's id as a qualified name: what its local part may not hold (PROV-N, PN_LOCAL) as bytes in hexadecimal."""
    prefix, _, key = name.partition(":")
    local = quote(key.encode("utf-8", "surrogatepass"), safe="").replace("~", "%7E")
    head, body, tail = local[:1], local[1:-1], local[1:][-1:]
    return f"{prefix}:{_inside(head, '-.')}{body}{_inside(tail, '.')}"


def _inside(one: str, barred: str) -> str:
    return f"%{ord(one):02X}" if one and one in barred else one
