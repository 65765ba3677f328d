"""How Python runs the vectors about stored files: wrapped keys, leaves, cards, heads, access lists and links."""

import json
from typing import Any

from peerseal.crypto_engine import (
    FileKey,
    Leaves,
    LinkSecret,
    link_keys,
    open_link_secret,
    parse_fragment,
    root_of_leaves,
    seal_link_secret,
    sha256,
    unwrap,
    unwrap_for_link,
    unwrap_own,
    wrap,
    wrap_for_link,
    wrap_own,
)
from peerseal.protocol import card as cards
from peerseal.protocol.access import read_access
from peerseal.protocol.book import FileSeen
from peerseal.protocol.heads import ClosingHead, OpeningHead, read_closing, read_opening
from peerseal.protocol.rollback import judge
from support.vectors import Case, Run, Values, from_hex, its_own
from support.vectors_of_people import bundle, identity


def _file(case: Case) -> tuple[bytes, int]:
    return from_hex(case.given["id"]), case.given["version"]


def _unwrap(case: Case, seen: Values) -> None:
    own, sender = identity(case, "recipient"), bundle(case, "sender")
    key = unwrap(from_hex(case.given["wrap"]), own, own.pairwise(sender), sender, *_file(case))
    seen["key"] = key.hex()
    # And the other way: what this side wraps, the other opens.
    peer, shared = identity(case, "sender"), own.pairwise(sender)
    with its_own():
        again = wrap(key, own, shared, sender, *_file(case))
        assert unwrap(again, peer, shared, own.bundle, *_file(case)) == key


def _unwrap_own(case: Case, seen: Values) -> None:
    own = identity(case, "person")
    key = unwrap_own(from_hex(case.given["wrap"]), own, *_file(case))
    seen["key"] = key.hex()
    with its_own():
        assert unwrap_own(wrap_own(key, own, *_file(case)), own, *_file(case)) == key


def _leaves(case: Case, seen: Values) -> None:
    leaves = Leaves(FileKey(from_hex(case.given["key"])), case.given["stream"], *_file(case))
    made = [leaves.leaf(from_hex(record)) for record in case.given["records"]]
    seen.update(leaves=[leaf.hex() for leaf in made], root=root_of_leaves(b"".join(made)).hex())


def _open_card(case: Case, seen: Values) -> None:
    key = FileKey(from_hex(case.given["key"]))
    card = cards.read_card(key, *_file(case), from_hex(case.given["card"]))
    seen["value"] = json.loads(card.encode())
    with its_own():
        assert cards.read_card(key, *_file(case), card.seal(key, *_file(case))) == card


def _check_card(case: Case, _: Values) -> None:
    manifest = case.given["manifest"]
    card = cards.decode(json.dumps(case.given["value"]).encode())
    card.check(manifest["files"], manifest["bytes"], manifest["text"])


def _opening(case: Case, seen: Values) -> None:
    head = read_opening(from_hex(case.given["signed"]), bundle(case, "owner"))
    seen.update(version=head.version, record_size=head.record_size)
    for name in ("owner", "id", "previous", "commitment", "card", "head_part", "hash"):
        seen[name] = getattr(head, name).hex()
    with its_own():
        assert head.sign(identity(case, "owner")).hex() == case.given["signed"]


def _closing(case: Case, seen: Values) -> None:
    owner = bundle(case, "owner")
    opening = read_opening(from_hex(case.given["opening"]), owner)
    head = read_closing(from_hex(case.given["signed"]), owner, opening)
    seen.update(manifest_records=head.manifest_records, content_records=head.content_records)
    seen.update(opening=head.opening.hex(), manifest=head.manifest_hash.hex(), root=head.root.hex())
    seen["hash"] = head.hash.hex()
    with its_own():
        assert head.sign(identity(case, "owner")).hex() == case.given["signed"]


def _heads(case: Case, said: Any) -> tuple[OpeningHead, ClosingHead | None]:
    owner = bundle(case, "owner")
    opening = read_opening(from_hex(said["opening"]), owner)
    closing = said["closing"]
    return opening, None if closing is None else read_closing(from_hex(closing), owner, opening)


def _pair(case: Case, _: Values) -> None:
    opening, _closing_head = _heads(case, case.given)
    opening.check_asked(*_file(case))


def _judge(case: Case, _: Values) -> None:
    opening, closing = _heads(case, case.given)
    between = []
    for said in case.given["between"]:
        earlier, end = _heads(case, said)
        assert end is not None
        between.append((earlier, end))
    known = case.given["remembered"]
    seen = None
    if known is not None:
        owner, hash_ = from_hex(known["owner"]), from_hex(known["closing"])
        seen = FileSeen(opening.id, owner, known["version"], hash_, 0)
    judge(seen, opening, closing, between)


def _read_access(case: Case, seen: Values) -> None:
    access = read_access(from_hex(case.given["signed"]), bundle(case, "owner"))
    seen.update(id=access.id.hex(), counter=access.counter)
    seen.update(
        fingerprints=[one.hex() for one in access.recipients], links=[one.hex() for one in access.links]
    )
    with its_own():
        assert access.sign(identity(case, "owner")).hex() == case.given["signed"]


def _check_access(case: Case, _: Values) -> None:
    access = read_access(from_hex(case.given["signed"]), bundle(case, "owner"))
    access.check(from_hex(case.given["id"]), case.given["remembered"])
    access.check_listed(bundle(case, "person").fingerprint)


def _fragment(case: Case, seen: Values) -> None:
    fragment = parse_fragment(case.given["text"])
    seen.update(secret=fragment.secret.hex(), owner=fragment.owner.hex())
    assert fragment.text == case.given["text"]


def _link_owner(case: Case, _: Values) -> None:
    parse_fragment(case.given["text"]).check_owner(bundle(case, "person"))


def _link_keys(case: Case, seen: Values) -> None:
    secret, link = LinkSecret(from_hex(case.given["secret"])), from_hex(case.given["link"])
    keys = link_keys(secret, case.given["password"], link)
    seen.update(m=keys.m.hex(), token=keys.token.hex(), wrap_key=keys.wrap_key.hex())
    seen["token_hash"] = sha256(keys.token).hex()


def _unwrap_link(case: Case, seen: Values) -> None:
    secret, link = LinkSecret(from_hex(case.given["secret"])), from_hex(case.given["link"])
    wrap_key, owner = link_keys(secret, None, link).wrap_key, bundle(case, "owner").fingerprint
    key = unwrap_for_link(from_hex(case.given["wrap"]), wrap_key, owner, *_file(case))
    seen["key"] = key.hex()
    with its_own():
        again = wrap_for_link(key, wrap_key, owner, *_file(case))
        assert unwrap_for_link(again, wrap_key, owner, *_file(case)) == key


def _kept_link(case: Case, seen: Values) -> None:
    own, link, file_id = identity(case, "person"), from_hex(case.given["link"]), from_hex(case.given["id"])
    secret, m = open_link_secret(own, from_hex(case.given["sealed"]), link, file_id)
    seen.update(secret=secret.hex(), m=m.hex())
    with its_own():
        again = seal_link_secret(own, secret, m, link, file_id)
        assert open_link_secret(own, again, link, file_id) == (secret, m)


OPERATIONS: dict[str, Run] = {
    "wrap.unwrap": _unwrap,
    "wrap.unwrap_own": _unwrap_own,
    "leaves.leaves": _leaves,
    "card.open": _open_card,
    "card.check": _check_card,
    "heads.opening": _opening,
    "heads.closing": _closing,
    "heads.pair": _pair,
    "heads.judge": _judge,
    "access.read": _read_access,
    "access.check": _check_access,
    "link.fragment": _fragment,
    "link.owner": _link_owner,
    "link.keys": _link_keys,
    "link.unwrap": _unwrap_link,
    "link.kept": _kept_link,
}
