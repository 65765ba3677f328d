/** Keys the server shows for contacts: other ones than the book's stop the sealing, and are offered for comparison. */
import { expect, test } from "vitest";
import type { Api } from "../../src/client/api.ts";
import { ServedKeys } from "../../src/client/served_keys.ts";
import { failure, type KnownCode } from "../../src/errors.ts";
import { Book } from "../../src/protocol/book.ts";
import type { Bytes } from "../../src/wire/encoding.ts";
import { codeOfPromise } from "../support/codes.ts";
import { ada, bert, carl } from "../support/people.ts";

const book = Book.EMPTY.pin("bert", bert.bundle, 1).pin("carl", carl.bundle, 1);

function served(shown: Record<string, Bytes | KnownCode>) {
  const told = { asked: [] as string[], changes: 0, now: 0 };
  const call = (_: string, { name }: { readonly name: string }): Promise<unknown> => {
    told.asked.push(name);
    const bundle = shown[name] ?? "not_found";
    return typeof bundle === "string" ? Promise.reject(failure(bundle)) : Promise.resolve({ name, bundle });
  };
  const keys = new ServedKeys({ call } as unknown as Api, () => told.changes++, () => told.now);
  return { keys, told, shown };
}

test("the same keys hold nothing up, and are not asked for again at once", async () => {
  const { keys, told } = served({ bert: bert.bundle.encoded, carl: carl.bundle.encoded });
  await keys.check(book.contacts);
  await keys.check(book.contacts);
  expect(told.asked).toEqual(["bert", "carl"]);
  told.now = 31_000;
  await keys.check(book.contacts);
  expect(told.asked).toHaveLength(4);
  expect(told.changes).toBe(0);
});

test("other keys stop everything, are told once, and offered until the person takes them", async () => {
  const { keys, told } = served({ bert: ada.bundle.encoded, carl: carl.bundle.encoded });
  expect(await codeOfPromise(keys.check(book.contacts))).toBe("key_changed");
  expect(await codeOfPromise(keys.check(book.contacts))).toBe("key_changed");
  expect(told.changes).toBe(1);
  expect([...keys.offered(book).keys()]).toEqual(["bert"]);
  const compared = book.replace("bert", ada.bundle);
  await keys.check(compared.contacts);
  expect(keys.offered(compared).size).toBe(0);
});

test("what cannot be anybody's keys stops everything too", async () => {
  const { keys } = served({ bert: new Uint8Array(1520) });
  expect(await codeOfPromise(keys.check([book.contact("bert")!]))).toBe("key_changed");
  expect(keys.offered(book).size).toBe(0);
});

test("too many questions and an account that is gone hold nothing up, a server that fails does", async () => {
  const { keys, shown } = served({ bert: "too_many_requests" });
  await keys.check(book.contacts);
  shown["bert"] = "not_found";
  await keys.check(book.contacts);
  shown["bert"] = "busy";
  const { keys: fresh } = served(shown);
  expect(await codeOfPromise(fresh.check(book.contacts))).toBe("busy");
  await fresh.glance(book.contacts);
});

test("a glance looks at a few contacts now and then", async () => {
  const { keys, told, shown } = served({ bert: bert.bundle.encoded, carl: carl.bundle.encoded });
  await keys.glance(book.contacts);
  shown["carl"] = ada.bundle.encoded;
  await keys.glance(book.contacts);
  expect(told.asked).toEqual(["bert", "carl"]);
  told.now = 61_000;
  await keys.glance(book.contacts);
  expect(told.changes).toBe(1);
  expect([...keys.offered(book).keys()]).toEqual(["carl"]);
});

test("the keys of somebody in no book are looked at for a number to compare, told once, and never raise", async () => {
  const { keys, told } = served({ ada: ada.bundle.encoded, bert: "busy" });
  expect(keys.bundle("ada")).toBeNull();
  await keys.meet(["ada", "bert"]);
  await keys.meet(["ada"]);
  expect(keys.bundle("ada")?.encoded).toEqual(ada.bundle.encoded);
  expect(keys.bundle("bert")).toBeNull();
  expect(told).toMatchObject({ asked: ["ada", "bert"], changes: 1 });
});
