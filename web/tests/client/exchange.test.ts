/** Key exchanges: pinned once, other keys stop everything, what the person compared is what counts. */
import { beforeEach, expect, test } from "vitest";
import { Contacts } from "../../src/client/contacts.ts";
import { MemoryDrawer } from "../../src/client/drawer.ts";
import * as exchange from "../../src/client/exchange.ts";
import { Keyring } from "../../src/client/keyring.ts";
import type { Exchange } from "../../src/wire/accounts.ts";
import { sameBytes } from "../../src/wire/encoding.ts";
import { codeOfPromise } from "../support/codes.ts";
import { ada, bert, carl } from "../support/people.ts";
import { PeopleServer } from "../support/people_server.ts";

let server: PeopleServer;
let own: exchange.Signed;
beforeEach(() => {
  server = new PeopleServer();
  const contacts = new Contacts(server.api, "ada", ada, new Keyring(new MemoryDrawer(), "http://server.test/"));
  own = { api: server.api, user: "ada", identity: ada, contacts };
});

let rows = 0;
function row(change: Partial<Exchange>): Exchange {
  const id = String(++rows).padStart(32, "0");
  return { id, peer: "bert", direction: "in", state: "pending", bundle: bert.bundle.encoded, created: rows, answered: null, ...change };
}
const stateOf = (name: string): string | undefined => own.contacts.known?.contact(name)?.state;

test("the keys of an accepted exchange are pinned, those of a waiting one are not", async () => {
  server.rows = [row({ direction: "out", state: "accepted", answered: 5 }), row({ peer: "carl", bundle: carl.bundle.encoded })];
  await exchange.look(own, 1);
  expect(own.contacts.known?.contacts.map(({ name, state }) => [name, state])).toEqual([["bert", "pinned"]]);
});

test("accepting answers with one's own keys and pins theirs", async () => {
  server.rows = [row({})];
  await exchange.accept(own, server.rows[0]!.id, 1);
  expect(server.rows[0]?.state).toBe("accepted");
  expect(stateOf("bert")).toBe("pinned");
});

test("an accepted request that somebody is said to have made is not pinned: the server could make it up", async () => {
  server.rows = [row({ state: "accepted", answered: 5 })];
  const { rows: shown } = await exchange.look(own, 1);
  expect(stateOf("bert")).toBeUndefined();
  expect(exchange.waits(shown[0]!, own.contacts.known!)).toBe(true);
});

test("an acceptance that was cut off before the keys were pinned is finished without a second answer", async () => {
  server.rows = [row({ state: "accepted", answered: 5 })];
  const { id } = server.rows[0]!;
  await exchange.accept(own, id, 1);
  await exchange.accept(own, id, 2);
  expect(stateOf("bert")).toBe("pinned");
  expect(server.asked.filter((asked) => asked.endsWith("/accept"))).toEqual([]);
  expect(exchange.waits(server.rows[0]!, own.contacts.known!)).toBe(false);
});

test("an unfinished acceptance can be thrown away, and what was not asked of us cannot be accepted", async () => {
  server.rows = [row({ state: "accepted" }), row({ direction: "out", state: "accepted" }), row({ peer: "carl", state: "declined" })];
  const [unfinished, ours, refused] = server.rows;
  await exchange.decline(own, unfinished!.id);
  expect(server.rows).toEqual([ours, refused]);
  for (const { id } of server.rows) expect(await codeOfPromise(exchange.accept(own, id, 1))).toBe("request_gone");
  expect(own.contacts.known).toBeNull();
});

test("a server that shows two different keys for one request gets nothing pinned", async () => {
  server.rows = [row({})];
  server.answersWith = carl.bundle.encoded;
  expect(await codeOfPromise(exchange.accept(own, server.rows[0]!.id, 1))).toBe("key_changed");
  expect(stateOf("bert")).toBeUndefined();
});

test("other keys under a known name are shown, never pinned, and not even answered", async () => {
  await own.contacts.change((book) => book.pin("bert", bert.bundle, 1).verify("bert"));
  server.rows = [row({ bundle: carl.bundle.encoded })];
  const { offered } = await exchange.look(own, 2);
  expect([...offered.keys()]).toEqual(["bert"]);
  expect(await codeOfPromise(exchange.accept(own, server.rows[0]!.id, 2))).toBe("key_changed");
  expect(server.rows[0]?.state).toBe("pending");
  expect(sameBytes(own.contacts.known!.contact("bert")!.encoded, bert.bundle.encoded)).toBe(true);
});

test("the person's comparison puts the new keys in the place of the old ones and answers who waits", async () => {
  await own.contacts.change((book) => book.pin("bert", bert.bundle, 1));
  server.rows = [row({ bundle: carl.bundle.encoded })];
  await exchange.replace(own, "bert", carl.bundle);
  expect(stateOf("bert")).toBe("verified");
  expect(server.rows[0]?.state).toBe("accepted");
  expect((await exchange.look(own, 2)).offered.size).toBe(0);
});

test("a comparison of other keys than the book's by now verifies nobody", async () => {
  await own.contacts.change((book) => book.pin("bert", bert.bundle, 1));
  expect(await codeOfPromise(exchange.verify(own, "bert", carl.fingerprint))).toBe("key_changed");
  expect(stateOf("bert")).toBe("pinned");
  await exchange.verify(own, "bert", bert.fingerprint);
  expect(stateOf("bert")).toBe("verified");
});

test("a removed contact does not come back by an old exchange", async () => {
  server.rows = [row({ direction: "out", state: "accepted" })];
  await exchange.look(own, 1);
  expect(stateOf("bert")).toBe("pinned");
  await exchange.remove(own, "Bert");
  await exchange.look(own, 2);
  expect(stateOf("bert")).toBeUndefined();
});

test("keys that cannot be anybody's are passed over, the rest of the list is not", async () => {
  const ours = { direction: "out", state: "accepted" } as const;
  server.rows = [row({ ...ours, bundle: new Uint8Array(1520) }), row({ ...ours, peer: "carl", bundle: carl.bundle.encoded })];
  const { rows: shown } = await exchange.look(own, 1);
  expect(shown).toHaveLength(2);
  expect(own.contacts.known?.contacts.map(({ name }) => name)).toEqual(["carl"]);
});

test("nobody asks themselves", async () => {
  expect(await codeOfPromise(exchange.ask(own, "ADA"))).toBe("oneself");
  expect(server.asked).toEqual([]);
});
