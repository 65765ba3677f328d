/** Meeting messages: exactly the fields of docs/wire.md, or `malformed`. */
import { expect, test } from "vitest";
import { readReply, readServer } from "../../src/wire/messages.ts";

const ID = "0123456789abcdef0123456789abcdef";
const BOB = { id: ID, tag: "1a2b", name: "Bob", role: "receiver", account: "bob" };

test("reads each message of the server", () => {
  expect(readServer("presence", { joined: [BOB], left: [ID] })).toEqual({ joined: [BOB], left: [ID] });
  expect(readServer("request", { request: ID, from: BOB })).toEqual({ request: ID, from: BOB });
  expect(readServer("room", { room: ID, peer: BOB, request: null, mode: "code" })).toEqual({
    room: ID, peer: BOB, request: null, mode: "code",
  });
  expect(readServer("room", { room: ID, peer: BOB, request: null, mode: "resume" }).mode).toBe("resume");
  expect([...readServer("signal", { room: ID, body: "AQID" }).body]).toEqual([1, 2, 3]);
  expect(readServer("code_closed", { code: "expired" })).toEqual({ code: "expired" });
});

test.each([
  ["an unknown field", { joined: [], left: [], more: 1 }],
  ["a missing field", { joined: [] }],
  ["an id in upper case", { joined: [], left: [ID.toUpperCase()] }],
  ["a name of 201 characters", { joined: [{ ...BOB, name: "x".repeat(201) }], left: [] }],
  ["an empty name", { joined: [{ ...BOB, name: "" }], left: [] }],
  ["an empty account name", { joined: [{ ...BOB, account: "" }], left: [] }],
  ["no word on the account", { joined: [{ id: ID, tag: "1a2b", name: "Bob", role: "receiver" }], left: [] }],
  ["a lone surrogate", { joined: [{ ...BOB, name: "\ud800" }], left: [] }],
  ["a role nobody has", { joined: [{ ...BOB, role: "both" }], left: [] }],
  ["a list instead of an object", []],
  ["nothing", undefined],
])("refuses %s", (_, fields) => {
  expect(() => readServer("presence", fields)).toThrow(expect.objectContaining({ code: "malformed" }));
});

test("a guest has no account", () => {
  const guest = { ...BOB, account: null };
  expect(readServer("presence", { joined: [guest], left: [] }).joined).toEqual([guest]);
});

test("counts characters, not code units", () => {
  const name = "😀".repeat(200);
  expect(readServer("presence", { joined: [{ ...BOB, name }], left: [] }).joined[0]?.name).toBe(name);
});

test("a reply is what was asked for, or a refusal", () => {
  expect(readReply("connect", { ok: true, request: ID })).toEqual({ ok: true, value: { request: ID } });
  expect(readReply("answer", { ok: true })).toEqual({ ok: true, value: { room: null } });
  expect(readReply("answer", { ok: true, room: ID })).toEqual({ ok: true, value: { room: ID } });
  expect(readReply("connect", { ok: false, code: "not_found", message: "" })).toEqual({
    ok: false, refusal: { code: "not_found", message: "" },
  });
  for (const wrong of [null, {}, { ok: 1 }, { ok: true }, { ok: true, request: ID, more: 0 }]) {
    expect(() => readReply("connect", wrong)).toThrow(expect.objectContaining({ code: "malformed" }));
  }
});

test("a ticket has 32 bytes", () => {
  const ticket = "A".repeat(43);
  expect(readReply("ticket", { ok: true, ticket, expires: 60 })).toMatchObject({ ok: true });
  expect(() => readReply("ticket", { ok: true, ticket: "AAAA", expires: 60 })).toThrow();
});

test("ICE servers are few and exactly described", () => {
  const turn = { urls: ["turn:turn.example.org"], username: "1790000000:00112233", credential: "c2VjcmV0" };
  const stun = { urls: ["stun:stun.example.org"], username: null, credential: null };
  expect(readReply("ice", { ok: true, servers: [] })).toEqual({ ok: true, value: { servers: [] } });
  expect(readReply("ice", { ok: true, servers: [stun, turn] })).toEqual({ ok: true, value: { servers: [stun, turn] } });
  for (const servers of [null, [{ urls: [] }], [{ ...turn, more: 1 }], [{ ...turn, urls: [""] }], Array(9).fill(stun), [{ ...turn, urls: Array(9).fill("stun:a") }]]) {
    expect(() => readReply("ice", { ok: true, servers })).toThrow(expect.objectContaining({ code: "malformed" }));
  }
});
