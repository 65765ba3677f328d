import { inspect } from "node:util";
import { expect, test } from "vitest";
import { FileKey, checkCommitment, commitment, newFileId, newFileKey } from "../../src/crypto/file_key.ts";
import { randomBytes } from "../../src/crypto/primitives.ts";
import { base64urlEncode, hexEncode } from "../../src/wire/encoding.ts";
import { codeOf, codeOfPromise } from "../support/codes.ts";

test("a key shows itself to nobody who does not ask", () => {
  const bytes = randomBytes(32);
  const key = new FileKey(bytes);
  const shown = [String(key), JSON.stringify({ key }), inspect(key, { showHidden: true, depth: 9 }), JSON.stringify(Object.entries(key))].join();
  for (const spelling of [hexEncode(bytes), base64urlEncode(bytes), bytes.join(), bytes.join(", ")]) {
    expect(shown).not.toContain(spelling);
  }
  expect(key.reveal()).toEqual(bytes);
});

test("a key is not changed from outside", () => {
  const bytes = randomBytes(32);
  const key = new FileKey(bytes);
  const copy = bytes.slice();
  bytes.fill(0);
  key.reveal().fill(0);
  expect(key.reveal()).toEqual(copy);
});

test("a key has 32 bytes, and every new one is another", () => {
  expect(codeOf(() => new FileKey(new Uint8Array(31)))).toBe("malformed");
  expect(newFileKey().reveal()).not.toEqual(newFileKey().reveal());
  expect(newFileId()).not.toEqual(newFileId());
});

test("a commitment fits one key, id and version", async () => {
  const [key, id] = [newFileKey(), newFileId()];
  const offered = await commitment(key, id, 1);
  await checkCommitment(key, id, 1, offered);
  expect(await codeOfPromise(checkCommitment(newFileKey(), id, 1, offered))).toBe("commitment_mismatch");
  expect(await codeOfPromise(checkCommitment(key, newFileId(), 1, offered))).toBe("commitment_mismatch");
  expect(await codeOfPromise(checkCommitment(key, id, 2, offered))).toBe("commitment_mismatch");
});
