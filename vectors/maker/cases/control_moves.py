"""The part of control.json about where the records come: types 6, 7 and 13 to 16 (§5.2, §15, §16)."""

from __future__ import annotations

from collections.abc import Mapping

from maker.basics import Json, b64
from maker.cases.control_messages import (
    CANDIDATE,
    CANDIDATES,
    DESCRIPTION,
    HAVE,
    ICE,
    LARGEST,
    PATH,
    WHERE,
)

Rows = list[tuple[str, str, int, Mapping[str, Json]]]
MDNS = "0b1e2d3c-4f50-6172-8394-a5b6c7d8e9f0.local"
LONG_ADDRESS = "1111:2222:3333:4444:5555:6666:255.255.255.255"


def _candidate(**fields: Json) -> Mapping[str, Json]:
    return {**ICE, "candidates": [{**CANDIDATE, **fields}]}


def accepted_moves() -> Rows:
    rows: Rows = [
        ("path", "the relay stream, from these records on", 6, PATH),
        ("path-direct", "a direct path", 6, {**PATH, "kind": "direct"}),
        ("path-store", "a park", 6, {**PATH, "kind": "store", "stream": b64(bytes(8))}),
        ("path-first", "a path from the first record on", 6, {**PATH, "manifest": 0, "content": 0}),
        ("path-largest", "the largest counts", 6, {**PATH, "manifest": LARGEST, "content": LARGEST}),
        ("candidates", "two addresses", 7, CANDIDATES),
        ("candidates-smallest-port", "the smallest port", 7, {**CANDIDATES, "port": 1024}),
        ("candidates-largest-port", "the largest port", 7, {**CANDIDATES, "port": 65535}),
        (
            "candidates-8",
            "eight addresses",
            7,
            {**CANDIDATES, "addresses": [f"192.0.2.{n}" for n in range(8)]},
        ),
        ("where", "what do you hold", 13, WHERE),
        ("have", "this much", 14, HAVE),
        ("have-nothing", "nothing", 14, {**HAVE, "manifest": 0, "content": 0, "bytes": 0}),
        (
            "have-largest",
            "the largest counts",
            14,
            {**HAVE, "manifest": LARGEST, "content": LARGEST, "bytes": LARGEST},
        ),
        ("description", "the offer of a connection", 15, DESCRIPTION),
        (
            "description-answer",
            "its answer",
            15,
            {**DESCRIPTION, "role": "answer", "setup": "active", "ufrag": "a+/9"},
        ),
        ("description-passive", "the other setup", 15, {**DESCRIPTION, "role": "answer", "setup": "passive"}),
        (
            "description-longest",
            "the longest texts",
            15,
            {**DESCRIPTION, "ufrag": "u" * 256, "pwd": "p" * 256},
        ),
        ("ice", "one candidate", 16, ICE),
        ("ice-16", "sixteen candidates", 16, {**ICE, "candidates": [CANDIDATE] * 16}),
        ("ice-host-name", "a name only the browser's network knows", 16, _candidate(host=MDNS, kind="host")),
        ("ice-relay", "a TURN server's address", 16, _candidate(kind="relay")),
        ("ice-priority-0", "the smallest of everything", 16, _candidate(priority=0, port=1024)),
        ("ice-priority-largest", "the largest of everything", 16, _candidate(priority=2**32 - 1, port=65535)),
    ]
    for i, why, address in [
        ("zeros", "IPv4 with zeros", "0.0.0.0"),  # noqa: S104 - a text to be read
        ("v6-none", "the shortest there is", "::"),
        ("v6-upper", "capital letters", "2001:DB8::A"),
        ("v6-end", "zeros at the end", "2001:db8::"),
        ("v6-whole", "nothing left out", "1:2:3:4:5:6:7:8"),
        ("v6-seven", "two colons for one group", "1:2:3:4:5:6:7::"),
        ("v6-mapped", "IPv4 in IPv6", "::ffff:192.0.2.7"),
        ("longest", "45 characters", LONG_ADDRESS),
    ]:
        rows.append((f"address-{i}", why, 7, {**CANDIDATES, "addresses": [address]}))
    return rows


def refused_moves() -> Rows:
    rows: Rows = [
        ("path-kind", "a kind of path that does not exist", 6, {**PATH, "kind": "pigeon"}),
        ("path-stream-short", "a stream of 7 bytes", 6, {**PATH, "stream": b64(bytes(7))}),
        ("path-stream-long", "a stream of 9 bytes", 6, {**PATH, "stream": b64(bytes(9))}),
        ("path-manifest-negative", "before the first record", 6, {**PATH, "manifest": -1}),
        ("path-content-null", "no first record", 6, {**PATH, "content": None}),
        ("path-content-too-big", "2^53", 6, {**PATH, "content": LARGEST + 1}),
        ("candidates-port-1023", "\u25b8 a port below 1024", 7, {**CANDIDATES, "port": 1023}),
        ("candidates-port-65536", "a port that does not exist", 7, {**CANDIDATES, "port": 65536}),
        ("candidates-port-text", "a port in quotes", 7, {**CANDIDATES, "port": "47000"}),
        ("candidates-none", "no address", 7, {**CANDIDATES, "addresses": []}),
        (
            "candidates-9",
            "\u25b8 nine addresses",
            7,
            {**CANDIDATES, "addresses": [f"192.0.2.{n}" for n in range(9)]},
        ),
        ("candidates-text", "addresses that are no list", 7, {**CANDIDATES, "addresses": "192.0.2.7"}),
        ("candidates-number", "an address that is no text", 7, {**CANDIDATES, "addresses": [3221225991]}),
        ("candidates-here-short", "15 bytes", 7, {**CANDIDATES, "here": b64(bytes(15))}),
        ("candidates-here-long", "17 bytes", 7, {**CANDIDATES, "here": b64(bytes(17))}),
        ("where-null", "where is nothing", 13, {"id": None}),
        ("where-short", "an id of 15 bytes", 13, {"id": b64(bytes(15))}),
        ("have-manifest-negative", "fewer than no records", 14, {**HAVE, "manifest": -1}),
        ("have-content-bool", "true is no number", 14, {**HAVE, "content": True}),
        ("have-bytes-null", "no sum", 14, {**HAVE, "bytes": None}),
        ("have-marks-short", "a hash of 31 bytes", 14, {**HAVE, "marks": b64(bytes(31))}),
        ("have-marks-long", "a hash of 33 bytes", 14, {**HAVE, "marks": b64(bytes(33))}),
        ("description-role", "a role that does not exist", 15, {**DESCRIPTION, "role": "pranswer"}),
        ("description-ufrag-3", "three characters", 15, {**DESCRIPTION, "ufrag": "8hh"}),
        ("description-ufrag-257", "257 characters", 15, {**DESCRIPTION, "ufrag": "u" * 257}),
        (
            "description-ufrag-line",
            "\u25b8 a line of a session description in a field",
            15,
            {**DESCRIPTION, "ufrag": "8hhY\r\na=x"},
        ),
        (
            "description-ufrag-newline",
            "\u25b8 a line feed at the end",
            15,
            {**DESCRIPTION, "ufrag": "8hhY\n"},
        ),
        ("description-ufrag-letter", "a letter beyond ASCII", 15, {**DESCRIPTION, "ufrag": "8hh\u00e4"}),
        ("description-pwd-21", "21 characters", 15, {**DESCRIPTION, "pwd": "p" * 21}),
        ("description-pwd-257", "257 characters", 15, {**DESCRIPTION, "pwd": "p" * 257}),
        ("description-pwd-space", "\u25b8 a space", 15, {**DESCRIPTION, "pwd": "p" * 21 + " "}),
        ("description-pwd-base64url", "characters of base64url", 15, {**DESCRIPTION, "pwd": "p" * 21 + "-_"}),
        ("description-fingerprint-short", "31 bytes", 15, {**DESCRIPTION, "fingerprint": b64(bytes(31))}),
        ("description-fingerprint-long", "33 bytes", 15, {**DESCRIPTION, "fingerprint": b64(bytes(33))}),
        ("description-setup", "a setup of another kind", 15, {**DESCRIPTION, "setup": "holdconn"}),
        ("ice-none", "no candidate", 16, {**ICE, "candidates": []}),
        ("ice-17", "\u25b8 seventeen candidates", 16, {**ICE, "candidates": [CANDIDATE] * 17}),
        ("ice-null", "null is no candidate", 16, {**ICE, "candidates": [None]}),
        ("ice-extra", "a field too many", 16, _candidate(foundation="1")),
        (
            "ice-missing",
            "no priority",
            16,
            {**ICE, "candidates": [{key: CANDIDATE[key] for key in ("host", "port", "kind")}]},
        ),
        ("ice-port-1023", "\u25b8 a port below 1024", 16, _candidate(port=1023)),
        ("ice-port-65536", "a port that does not exist", 16, _candidate(port=65536)),
        ("ice-kind", "a kind that does not exist", 16, _candidate(kind="prflx")),
        ("ice-priority-negative", "a priority below 0", 16, _candidate(priority=-1)),
        ("ice-priority-large", "a priority of 33 bits", 16, _candidate(priority=2**32)),
        ("ice-host-domain", "\u25b8 a name anybody may own", 16, _candidate(host="example.com")),
        ("ice-host-short", "35 characters and .local", 16, _candidate(host=MDNS[1:])),
        ("ice-host-long", "37 characters and .local", 16, _candidate(host="0" + MDNS)),
        ("ice-host-upper", "capital letters", 16, _candidate(host=MDNS.upper())),
        ("ice-host-letters", "\u25b8 other letters and .local", 16, _candidate(host="g" + MDNS[1:])),
        ("ice-host-after", "something after .local", 16, _candidate(host=MDNS + "\n")),
        ("ice-host-line", "\u25b8 a line of a session description", 16, _candidate(host="192.0.2.7\r\na=x")),
    ]
    for i, why, address in [
        ("empty", "no address", ""),
        ("name", "\u25b8 a name is no address", "example.com"),
        ("mdns", "a name only the network knows", MDNS),
        ("space", "a space before it", " 192.0.2.7"),
        ("line", "a line feed behind it", "192.0.2.7\n"),
        ("three", "three numbers", "192.0.2"),
        ("five", "five numbers", "192.0.2.7.1"),
        ("256", "a number over 255", "192.0.2.256"),
        ("octal", "\u25b8 a leading zero", "192.0.02.7"),
        ("hex", "a number in hex", "0xc0.0.2.7"),
        ("whole", "\u25b8 one number for all", "3221225991"),
        ("digits", "digits of another script", "192.0.2.\u0667"),
        ("port", "a port behind it", "192.0.2.7:80"),
        ("prefix", "a network", "192.0.2.0/24"),
        ("v6-brackets", "brackets", "[2001:db8::7]"),
        ("v6-zone", "\u25b8 a zone", "fe80::1%eth0"),
        ("v6-prefix", "a network", "2001:db8::/32"),
        ("v6-twice", "two gaps", "1::2::3"),
        ("v6-nine", "nine groups", "1:2:3:4:5:6:7:8:9"),
        ("v6-no-gap", "two colons for no group", "1:2:3:4::5:6:7:8"),
        ("v6-few", "seven groups", "1:2:3:4:5:6:7"),
        ("v6-wide", "five digits", "2001:db8::12345"),
        ("v6-letter", "a letter that is no digit", "2001:db8::g"),
        ("v6-colon", "a colon at the end", "1:2:3:4:5:6:7:"),
        ("v6-first-colon", "a colon at the start", ":1:2:3:4:5:6:7"),
        ("v6-v4-first", "IPv4 before the end", "::192.0.2.7:1"),
        ("v6-v4-octal", "IPv4 with a leading zero", "::ffff:192.0.2.07"),
        ("too-long", "46 characters", "0" + LONG_ADDRESS),
    ]:
        rows.append((f"address-{i}", why, 7, {**CANDIDATES, "addresses": [address]}))
    return rows
