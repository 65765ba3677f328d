import fc from "fast-check";
import { expect, test } from "vitest";
import { NO_BOOK, openBook, randomBytes, sealBook } from "../../src/crypto_engine.ts";
import { Book, bundleOf, type FileSeen } from "../../src/protocol/book.ts";
import { judgeBook } from "../../src/protocol/rollback.ts";
import { utf8 } from "../../src/wire/encoding.ts";
import { codeOf, codeOfPromise } from "../support/codes.ts";
import { ada, bert, carl } from "../support/people.ts";

const seen = (more: Partial<FileSeen> = {}): FileSeen => ({
  id: new Uint8Array(16), owner: ada.fingerprint, version: 1, closing: new Uint8Array(32).fill(1), access: 1, ...more,
});

test("a pin stays until this person compares", () => {
  const book = Book.EMPTY.pin("Bert", bert.bundle, 1);
  expect(book.contact("BERT")).toMatchObject({ name: "bert", state: "pinned", since: 1 });
  expect(book.pin("bert", bert.bundle, 9)).toBe(book);
  expect(codeOf(() => book.pin("bert", carl.bundle, 2))).toBe("key_changed");
  expect(codeOf(() => book.pin("another", bert.bundle, 2))).toBe("key_changed");
  expect(codeOf(() => book.verify("bert", carl.fingerprint))).toBe("key_changed");
  expect(book.verify("bert", bert.fingerprint).contact("bert")?.state).toBe("verified");
  expect(book.replace("bert", carl.bundle).byFingerprint(carl.fingerprint)).toMatchObject({ name: "bert", state: "verified" });
  expect(book.remove("bert").contacts).toEqual([]);
  for (const change of [() => book.verify("x"), () => book.replace("x", carl.bundle), () => book.remove("x")]) {
    expect(codeOf(change)).toBe("not_found");
  }
  expect(book.contact("bert")?.state).toBe("pinned"); // a value: nothing above changed it
});

test("what was seen of a file only grows", () => {
  const numbers = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 0, max: 9 }));
  fc.assert(
    fc.property(fc.array(numbers, { minLength: 1, maxLength: 12 }), (steps) => {
      const closing = (version: number) => new Uint8Array(32).fill(version);
      let book = Book.EMPTY;
      for (const [version, access] of steps) book = book.remember(seen({ version, closing: closing(version), access }));
      const highest = Math.max(...steps.map(([version]) => version));
      const access = Math.max(...steps.map(([, counter]) => counter));
      expect(book.files).toEqual([seen({ version: highest, closing: closing(highest), access })]);
    }),
  );
  const book = Book.EMPTY.remember(seen());
  expect(codeOf(() => book.remember(seen({ owner: bert.fingerprint })))).toBe("unknown_owner");
  expect(codeOf(() => book.remember(seen({ closing: new Uint8Array(32) })))).toBe("rolled_back");
});

test("a book goes through its JSON and its seal", async () => {
  const book = Book.EMPTY.pin("bert", bert.bundle, 1).pin("ada", ada.bundle, 2).verify("ada").remember(seen());
  const sealed = await sealBook(ada, 1, NO_BOOK, book.encode());
  const opened = await openBook(ada, sealed);
  const again = await Book.decode(opened.plaintext);
  expect(again.encode()).toEqual(book.encode());
  expect(again.contacts.map(({ name }) => name)).toEqual(["ada", "bert"]);
  expect((await bundleOf(again.contact("bert")!)).encoded).toEqual(bert.bundle.encoded);
  expect(opened.plaintext.length % 1024).toBe(0);
  expect(await codeOfPromise(openBook(bert, sealed))).toBe("not_authentic");
  for (let at = 1; at < 70; at += 7) {
    const changed = sealed.slice();
    changed[at]! ^= 1;
    expect(["not_authentic", "malformed"]).toContain(await codeOfPromise(openBook(ada, changed)));
  }
});

test.each([
  ["[]", "no object"],
  ['{"contacts":[]}', "a field missing"],
  ['{"contacts":[],"files":[],"more":[]}', "an unknown field"],
  ['{"contacts":[],"files":[{"a":[]}]}', "something else in its list"],
])("%s is malformed: %s", async (text) => {
  expect(await codeOfPromise(Book.decode(utf8(text)))).toBe("malformed");
});

test("a server cannot turn the book back, fork it or take it away", () => {
  const hash = randomBytes(32);
  const book = { counter: 5, previous: randomBytes(32), hash };
  expect(judgeBook(null, book)).toEqual({ counter: 5, hash });
  expect(judgeBook({ counter: 5, hash }, book)).toEqual({ counter: 5, hash });
  expect(judgeBook({ counter: 4, hash: book.previous }, book)).toEqual({ counter: 5, hash });
  expect(judgeBook({ counter: 2, hash: randomBytes(32) }, book)).toEqual({ counter: 5, hash });
  expect(judgeBook(null, null)).toBeNull();
  for (const remembered of [{ counter: 6, hash }, { counter: 5, hash: randomBytes(32) }, { counter: 4, hash: randomBytes(32) }]) {
    expect(codeOf(() => judgeBook(remembered, book))).toBe("rolled_back");
  }
  expect(codeOf(() => judgeBook({ counter: 1, hash }, null))).toBe("rolled_back");
});
