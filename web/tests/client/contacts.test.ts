/** The contact book in step with a server that other devices use too, and with one that lies. */
import { beforeEach, expect, test } from "vitest";
import { Contacts } from "../../src/client/contacts.ts";
import { MemoryDrawer } from "../../src/client/drawer.ts";
import { Keyring } from "../../src/client/keyring.ts";
import type { Book } from "../../src/protocol/book.ts";
import { codeOfPromise } from "../support/codes.ts";
import { ada, bert, carl } from "../support/people.ts";
import { PeopleServer } from "../support/people_server.ts";

let server: PeopleServer;
let keyring: Keyring;
beforeEach(() => {
  server = new PeopleServer();
  keyring = new Keyring(new MemoryDrawer(), "http://server.test/");
});

const device = (own = keyring): Contacts => new Contacts(server.api, "ada", ada, own);
const elsewhere = (): Keyring => new Keyring(new MemoryDrawer(), "http://server.test/");
const pinBert = (book: Book): Book => book.pin("Bert", bert.bundle, 1);
const pinCarl = (book: Book): Book => book.pin("Carl", carl.bundle, 2);
const names = (book: Book): string[] => book.contacts.map(({ name }) => name);

test("a change is stored sealed, and another device finds it", async () => {
  expect(names(await device().change(pinBert))).toEqual(["bert"]);
  expect(server.book.counter).toBe(1);
  expect(names(await device(elsewhere()).load())).toEqual(["bert"]);
});

test("a change that another device was quicker than is applied to that one's book", async () => {
  const [one, other] = [device(), device(elsewhere())];
  let raced = false;
  server.beforeStoring = async () => {
    if (raced) return;
    raced = true;
    await other.change(pinCarl);
  };
  expect(names(await one.change(pinBert))).toEqual(["bert", "carl"]);
  expect(server.book.counter).toBe(2);
});

test("a change that changes nothing is not stored", async () => {
  const contacts = device();
  await contacts.change(pinBert);
  await contacts.change(pinBert);
  await contacts.change((book) => book.pin("BERT", bert.bundle, 9));
  expect(server.book.counter).toBe(1);
});

test("what was seen of a file is stored when it is more than was known, and only then", async () => {
  const contacts = device();
  const seen = { id: new Uint8Array(16), owner: bert.fingerprint, version: 2, closing: new Uint8Array(32).fill(2), access: 1 };
  await contacts.remember(seen);
  await contacts.remember(seen);
  await contacts.remember({ ...seen, version: 1, closing: new Uint8Array(32).fill(1) });
  expect(server.book.counter).toBe(1);
  await contacts.remember({ ...seen, access: 2 });
  expect(server.book.counter).toBe(2);
  expect(await codeOfPromise(contacts.remember({ ...seen, closing: new Uint8Array(32) }))).toBe("rolled_back");
});

test.each([
  ["an older book", (first: PeopleServer["book"]) => first],
  ["none any more", () => ({ counter: 0, book: null })],
])("a server that shows %s is found out, also by the next visit", async (_, lie) => {
  const contacts = device();
  await contacts.change(pinBert);
  const first = server.book;
  await contacts.change(pinCarl);
  server.book = lie(first);
  expect(await codeOfPromise(contacts.load())).toBe("rolled_back");
  expect(await codeOfPromise(device().load())).toBe("rolled_back");
  expect(names(contacts.known!)).toEqual(["bert", "carl"]);
});

test("a server that counts differently than the sealed book is found out", async () => {
  await device().change(pinBert);
  server.book = { ...server.book, counter: 2 };
  expect(await codeOfPromise(device().load())).toBe("rolled_back");
});

test("two tabs that share what was seen do not take each other's books for older ones", async () => {
  const [one, other] = [device(), device()];
  await one.change(pinBert);
  let late: Promise<unknown> = Promise.resolve();
  server.beforeStoring = () => {
    late = other.load(); // asked before the other tab's book is stored
    return Promise.resolve();
  };
  await one.change(pinCarl);
  expect(await codeOfPromise(late)).toBe("ok");
  expect(names(await other.load())).toEqual(["bert", "carl"]);
});

test("who listens hears of each newer book once", async () => {
  const heard: string[][] = [];
  const contacts = new Contacts(server.api, "ada", ada, keyring, (book) => heard.push(names(book)));
  await contacts.load();
  await contacts.change(pinBert);
  await contacts.load();
  expect(heard).toEqual([[], ["bert"]]);
});
