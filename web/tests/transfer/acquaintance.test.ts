/** Who a peer proves to be: the contact book decides, and whoever was meant must show the keys they are known by. */
import { beforeEach, expect, test } from "vitest";
import { Contacts } from "../../src/client/contacts.ts";
import { MemoryDrawer } from "../../src/client/drawer.ts";
import { Keyring } from "../../src/client/keyring.ts";
import { ServedKeys } from "../../src/client/served_keys.ts";
import { Acquaintance, meantBy, type Meant } from "../../src/transfer/acquaintance.ts";
import { Keys } from "../../src/transfer/keys.ts";
import type { Person } from "../../src/transfer/state.ts";
import { ada, bert, carl } from "../support/people.ts";
import { PeopleServer } from "../support/people_server.ts";

const BERT: Meant = { name: "bert", fingerprint: bert.fingerprint };
const person = (account: string | null): Person => ({ id: "1", tag: "1a2b", name: "Whoever", role: "sender", account });

let keys: Keys;
beforeEach(async () => {
  const { api } = new PeopleServer();
  const contacts = new Contacts(api, "ada", ada, new Keyring(new MemoryDrawer(), "http://server.test/"));
  keys = new Keys({ api, user: "ada", name: "Ada", server: new Uint8Array(16), identity: ada, contacts, served: new ServedKeys(api), signal: new AbortController().signal });
  await contacts.change((book) => book.pin("bert", bert.bundle, 1));
});

test("a row means a contact only by an account of that name, and only to who has keys", () => {
  expect(meantBy(person("BERT"), keys)?.name).toBe("bert");
  expect(meantBy(person(null), keys)).toBeNull();
  expect(meantBy(person("carl"), keys)).toBeNull();
  expect(meantBy(person("\u202e no name"), keys)).toBeNull();
  expect(meantBy(person("bert"), null)).toBeNull();
});

test("who was meant is waited for, for ten seconds", () => {
  const peer = new Acquaintance(keys, BERT);
  expect([peer.waiting, peer.late(1e9)]).toEqual([true, false]); // there is no channel yet
  peer.begin(1_000);
  expect([peer.late(10_999), peer.late(11_000)]).toEqual([false, true]);
  peer.show(bert.bundle);
  expect([peer.waiting, peer.another, peer.late(1e9)]).toEqual([false, false, false]);
});

test("who shows other keys than those of who was meant is another, though a contact too", async () => {
  await keys.contacts.change((book) => book.pin("carl", carl.bundle, 1).verify("carl"));
  const peer = new Acquaintance(keys, BERT);
  peer.show(carl.bundle);
  expect(peer.another).toBe(true);
  expect(peer.stop.message).toContain("other keys than those you know for bert");
  expect(new Acquaintance(keys, BERT).stop.message).toContain("did not show the keys of bert");
});

test("nobody was meant: known keys are a contact's, others nobody's, and nothing is waited for", async () => {
  const peer = new Acquaintance(keys, null);
  peer.begin(0);
  expect([peer.waiting, peer.late(1e9), await peer.contact()]).toEqual([false, false, null]);
  peer.show(carl.bundle);
  expect([peer.another, await peer.contact(), await peer.verify()]).toEqual([false, null, null]);
  peer.show(bert.bundle);
  expect((await peer.contact())?.state).toBe("pinned");
});

test("words compared with a pinned contact verify those keys", async () => {
  const peer = new Acquaintance(keys, null);
  peer.show(bert.bundle);
  expect((await peer.verify())?.state).toBe("verified");
  expect(keys.contacts.known?.contact("bert")?.state).toBe("verified");
});

test("without an account a peer's keys mean nothing", async () => {
  const peer = new Acquaintance(null, null);
  peer.show(bert.bundle);
  expect([await peer.contact(), await peer.verify()]).toEqual([null, null]);
});
