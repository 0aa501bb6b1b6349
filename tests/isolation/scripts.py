"""Scripts of several owners' actions, made for meetings: the same few ids and words for everyone, and one word of each owner's own."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from hypothesis import strategies as st

from isolation.worlds import Body, Step

SESSION_IDS = ("s", "ada", "adas", "-bs", "default")
"""Among them what, put behind an owner's name, looks like another owner's."""
SHARED = ("What is a kite?", "I fly a red kite in Oslo on Sunday. It is made of paper and has a tail of nine bows.", "Please fail")
WORDS = (
    *("kite", "bow", "tail", "wind", "park", "river", "bridge", "harbour", "lamp", "chair", "bread", "paper", "needle", "glass"),
    *("piano", "violin", "window", "garden", "train", "winter"),
)
LATER = (0, 0, 0, 0, 1, 5, 70, 3_700, 90_000)
FOLLOWING = ("the same", "the same", "cancel", "delete", "history", "search", "sessions")


def canaries_of(owners: Sequence[str]) -> dict[str, str]:
    return {owner: f"canary{number}of{owner.replace('-', '')}" for number, owner in enumerate(owners)}


def scripts(owners: Sequence[str], meetings: int) -> st.SearchStrategy[list[Step]]:
    """At most this many times somebody does something and others follow at once; at the end everyone looks around."""
    canaries = canaries_of(owners)
    one = st.sampled_from(owners).flatmap(lambda owner: _meeting(owner, owners, canaries))
    around = looks(owners, canaries)
    return st.lists(one, min_size=4, max_size=meetings).map(lambda made: [*chain.from_iterable(made), *around])


def _meeting(owner: str, owners: Sequence[str], canaries: Mapping[str, str]) -> st.SearchStrategy[list[Step]]:
    """An action, and what other owners then do with the ids that were used for it."""
    others = st.tuples(st.sampled_from([other for other in owners if other != owner]), st.sampled_from(FOLLOWING), st.integers(0, 2))
    return st.builds(
        lambda first, following: [
            first,
            *(Step(other, {**_following(what, first.body, canaries[owner]), **_claims(owner)}, 0, at) for other, what, at in following),
        ],
        _step(owner, canaries),
        st.lists(others, max_size=2),
    )


def _following(what: str, body: Body, canary: str) -> Body:
    ids = {"session_id": body.get("session_id", ""), "request_id": body.get("request_id", "")}
    if what == "the same":
        # What only the other one says stays the other one's.
        public = {"message": SHARED[0], "text": SHARED[0], "title": "Kites", "turns": [_exchange("nothing")]}
        return {**body, **{name: value for name, value in public.items() if canary in str(body.get(name))}}
    return {"action": what, "words": f"kite {canary}", "cursor": "now", "of": ids["session_id"], **ids}


def _claims(owner: str) -> Body:
    """Not a field of a request: who claims to be somebody else."""
    return {"owner": owner, "principalId": owner, "authorizer": {"principalId": owner}, "connection_id": f"{owner} 1"}


def _step(owner: str, canaries: Mapping[str, str]) -> st.SearchStrategy[Step]:
    later, process = st.sampled_from(LATER), st.integers(0, 2)
    plain = st.builds(Step, st.just(owner), _body(owner, canaries), later, process, st.just(False))
    held = st.builds(Step, st.just(owner), _query(owner, canaries, stream=st.just(True)), later, process, st.just(True))
    return st.one_of(plain, plain, held)


def _query(owner: str, canaries: Mapping[str, str], stream: st.SearchStrategy[bool]) -> st.SearchStrategy[Body]:
    own = f"My kite is called {canaries[owner]}, and I sail it in the park when the wind blows from the west."
    return _fields(
        "query",
        message=st.sampled_from([SHARED[0], *SHARED, own, own]),
        session_id=_session(),
        request_id=_request(),
        stream=stream,
        scope=st.sampled_from(["", "all", "all", "off"]),
    )


def _body(owner: str, canaries: Mapping[str, str]) -> st.SearchStrategy[Body]:
    words, page = st.sampled_from(["kite park", "Oslo", *canaries.values()]), st.sampled_from(["", "last", "now"])
    query = _query(owner, canaries, stream=st.booleans())
    return st.one_of(
        *[query] * 4,
        _fields("cancel", session_id=_session(), request_id=_request()),
        _fields("history", session_id=_session(), before=page, limit=st.integers(1, 3)),
        _fields("sessions", cursor=page, of=st.sampled_from(SESSION_IDS), limit=st.integers(1, 3)),
        _fields("search", words=words, session_id=_session()),
        _fields("delete", session_id=_session()),
        _fields("recall", message=st.sampled_from(SHARED), session_id=st.sampled_from(["", "s"]), without=st.sampled_from(["", "s"])),
        _fields("configure", session_id=_session(), title=st.sampled_from(["", canaries[owner]]), keep_hours=st.sampled_from(["", 0, 1])),
        _fields(
            "remember", session_id=_session(), request_id=_request(), text=st.sampled_from([SHARED[1], f"Remember {canaries[owner]}."])
        ),
        _fields("import", session_id=st.sampled_from(["s", "imported"]), turns=st.just([_exchange(canaries[owner])])),
        _fields("ping", request_id=_request(), check=st.booleans()),
    )


def _exchange(canary: str) -> dict[str, Any]:
    """With another program: all owners' have the same source."""
    return {"context": [{"role": "user", "content": f"My kite is called {canary}."}], "said_at": 1_700_000_000, "source": "s/p1"}


def _session() -> st.SearchStrategy[str]:
    """Mostly the first one, so that it grows beyond what is sent whole; also none, and what is not an id: the key of another owner's."""
    return st.sampled_from([*["s"] * 12, *SESSION_IDS, "", "ada/s"])


def _request() -> st.SearchStrategy[str]:
    return st.sampled_from(["r1", "r1", "r2", "r3", "", ""])


def _fields(action: str, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Body]:
    return st.fixed_dictionaries({"action": st.just(action), **fields})


def long_script(owners: Sequence[str], rounds: int, seed: int) -> list[Step]:
    """A long talk of each owner, every question asked twice: long enough for summaries, recall, pages and turns whose time is prolonged.
    At the end they delete it, one after the other.

    Everyone uses the same words, each owner one of them much more often, so that what is rare differs from owner to owner; now and then
    all say the very same.
    """
    chance, canaries, script = random.Random(seed), canaries_of(owners), list[Step]()
    for number in range(rounds):
        later, session_id = chance.choice([0, 0, 0, 60, 20_000]), chance.choice(["s", "s", "s", "t"])
        common = " ".join(chance.choices(WORDS, k=14)) if chance.random() < 0.3 else ""
        for place, owner in enumerate(chance.sample(owners, len(owners))):
            own = [*WORDS, *[WORDS[owners.index(owner)]] * len(WORDS), canaries[owner]]
            message = (common or " ".join(chance.choices(own, k=14))) + chance.choice(["", "", " fail"])
            query = {"action": "query", "message": message, "stream": True, "session_id": session_id}
            asked = query if common else query | {"request_id": f"r{number}"}
            search = {"action": "search", "words": " ".join(chance.sample(WORDS, 3)), "limit": 5}
            at = chance.randrange(3)
            script += [Step(owner, asked, 0 if place else later, at), Step(owner, asked), Step(owner, search, process=at)]
    around, delete = looks(owners, canaries), {"action": "delete", "session_id": "s"}
    return [*script, *around, *[step for owner in owners for step in (Step(owner, delete), *around)]]


def looks(owners: Sequence[str], canaries: Mapping[str, str]) -> list[Step]:
    """Everyone looks for everything."""
    bodies: list[Body] = [{"action": "sessions", "limit": 100}]
    bodies += [{"action": "history", "session_id": session_id, "limit": 100} for session_id in SESSION_IDS]
    bodies += [{"action": "search", "words": f"kite {word}", **ids} for word in canaries.values() for ids in ({}, {"session_id": "s"})]
    return [Step(owner, body) for owner in owners for body in bodies]
