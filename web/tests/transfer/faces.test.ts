/** Contacts as the page shows them. */
import { expect, test } from "vitest";
import type { Offered } from "../../src/client/exchange.ts";
import { safetyNumber, type Bundle } from "../../src/crypto_engine.ts";
import { Book } from "../../src/protocol/book.ts";
import { shownContacts, shownRequest, strangersAsked, withOnline } from "../../src/transfer/faces.ts";
import type { Person } from "../../src/transfer/state.ts";
import type { Exchange } from "../../src/wire/accounts.ts";
import { hexEncode } from "../../src/wire/encoding.ts";
import { ada, bert, carl } from "../support/people.ts";

const book = Book.EMPTY.pin("Bert", bert.bundle, 7).verify("bert");
const person = (account: string | null): Person => ({ id: "1", tag: "1a2b", name: "bert", role: "sender", account });

test("both people are shown the same number", async () => {
  const [contact] = await shownContacts(book, ada.fingerprint, new Map());
  expect(contact).toMatchObject({ name: "bert", trust: "verified", changed: false, offered: null, since: 7 });
  expect(contact?.safetyNumber).toBe(await safetyNumber(bert.fingerprint, ada.fingerprint));
});

test("other keys are shown beside the known ones, with a number of their own", async () => {
  const [contact] = await shownContacts(book, ada.fingerprint, new Map([["bert", carl.bundle]]));
  expect(contact).toMatchObject({ changed: true, fingerprint: hexEncode(bert.fingerprint) });
  expect(contact?.offered).toEqual({
    fingerprint: hexEncode(carl.fingerprint), safetyNumber: await safetyNumber(ada.fingerprint, carl.fingerprint),
  });
});

const nobody = { bundle: () => null };
const shown = (row: Exchange, known: Book, served: { bundle: (name: string) => Bundle | null } = nobody, offered: Offered = new Map()) =>
  shownRequest(row, known, ada.fingerprint, offered, served);

test("a request whose keys never came into the book waits, even if it was answered", async () => {
  const row = { id: "1", peer: "Bert", direction: "in", state: "accepted", bundle: bert.bundle.encoded, created: 3, answered: 4 } as const;
  expect(await shown(row, Book.EMPTY)).toEqual({ id: "1", peer: "Bert", direction: "in", state: "pending", created: 3, safetyNumber: null });
  expect((await shown(row, book)).state).toBe("accepted");
  expect((await shown({ ...row, direction: "out" }, Book.EMPTY)).state).toBe("accepted");
});

test("who waits for an answer has the number the other will compare, by the book or by what the server shows", async () => {
  const row = { id: "1", peer: "Bert", direction: "out", state: "pending", bundle: null, created: 3, answered: null } as const;
  const number = await safetyNumber(bert.fingerprint, ada.fingerprint);
  const served = { bundle: (name: string) => (name === "bert" ? bert.bundle : null) };
  expect((await shown(row, book)).safetyNumber).toBe(number);
  expect((await shown(row, Book.EMPTY, served)).safetyNumber).toBe(number);
  expect((await shown(row, Book.EMPTY)).safetyNumber).toBeNull();
  expect((await shown({ ...row, direction: "in" }, book)).safetyNumber).toBeNull();
  expect((await shown({ ...row, state: "declined" }, book)).safetyNumber).toBeNull();
  expect((await shown(row, book, served, new Map([["bert", carl.bundle]]))).safetyNumber).toBeNull();
  expect(strangersAsked([row, { ...row, id: "2" }], Book.EMPTY)).toEqual(["bert"]);
  expect(strangersAsked([row], book)).toEqual([]);
});

test("a contact is here when somebody is signed in to that account, not when somebody calls themselves so", async () => {
  const contacts = await shownContacts(book, ada.fingerprint, new Map());
  expect(withOnline(contacts, [person("BERT")])[0]?.online).toBe(true);
  expect(withOnline(contacts, [person(null), person("carl")])[0]?.online).toBe(false);
});
