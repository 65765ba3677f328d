/** An upload that goes on: only what is missing is carried up, and only if it is what was begun. */
import { expect, test } from "vitest";
import { LEAF_BYTES, newFileId, newFileKey } from "../../src/crypto_engine.ts";
import { PeersealError } from "../../src/errors.ts";
import { carryUp, type Kept } from "../../src/transfer/chunks_up.ts";
import type { Bytes } from "../../src/wire/encoding.ts";

const RECORD = 65_536;
const CHUNK = 16 * RECORD;
const TOTAL = 6 * CHUNK + 1000;

function bytesOf(seed: number): Bytes {
  const bytes = new Uint8Array(TOTAL);
  for (let at = 0; at < TOTAL; at += 251) bytes[at] = (at + seed) & 255;
  return bytes;
}

function source(bytes: Bytes) {
  const asked: number[] = [];
  const content = async function* (from: number): AsyncGenerator<Bytes, void, undefined> {
    asked.push(from);
    for (let at = from; at < bytes.length; at += 300_000) yield await Promise.resolve(bytes.slice(at, at + 300_000));
  };
  return { asked, content };
}

function server() {
  const put: number[] = [];
  return { put, store: { put: (_: unknown, number: number) => { put.push(number); return Promise.resolve(); } } };
}

/** Carries all of it up once; gives the file, and what a later visit knows. */
async function before(there: readonly number[], doubtful = false) {
  const file = { id: newFileId(), version: 1, recordSize: RECORD, key: newFileKey() };
  const noted = new Map<number, Bytes>();
  const whole = await carryUp(file, "content", server().store, source(bytesOf(0)).content, TOTAL, undefined, {
    doubtful: false, leavesOf: () => null, sealed: (chunk, leaves) => noted.set(chunk, leaves),
  });
  const kept: Kept = { doubtful, leavesOf: (chunk) => (there.includes(chunk) ? noted.get(chunk)! : null), sealed: () => undefined };
  return { file, whole, kept, noted };
}

test("every chunk's leaves are told before it leaves", async () => {
  const { whole, noted } = await before([]);
  expect([...noted.keys()]).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect([...noted.values()].reduce((sum, { length }) => sum + length, 0)).toBe(whole.records * LEAF_BYTES);
});

test.each([[[0, 1, 2]], [[0, 2, 3, 6]], [[6]], [[0, 1, 2, 3, 4, 5, 6]], [[]]])("with chunks %j there only the others go, and the whole is the same", async (there) => {
  const { file, whole, kept } = await before(there);
  const [{ put, store }, { asked, content }, told] = [server(), source(bytesOf(0)), [] as number[]];
  const carried = await carryUp(file, "content", store, content, TOTAL, (stored) => told.push(stored), kept);
  expect(put.sort()).toEqual([0, 1, 2, 3, 4, 5, 6].filter((chunk) => !there.includes(chunk)));
  expect(carried).toEqual(whole);
  expect(told.at(-1)).toBe(TOTAL);
  expect(asked.every((from) => !there.includes(from / CHUNK))).toBe(true);
});

test.each([[0, null], [1, "source_changed"]] as const)("what may be another file (%i) is read and compared", async (seed, code) => {
  const { file, kept } = await before([0, 1, 2], true);
  const { put, store } = server();
  const carrying = carryUp(file, "content", store, source(bytesOf(seed)).content, TOTAL, undefined, kept);
  expect(await carrying.then(() => null, (error: unknown) => (error as PeersealError).code)).toBe(code);
  if (code !== null) expect(put).toEqual([]);
});

test("a file that has become shorter is noticed", async () => {
  const { file, kept } = await before([0], true);
  const short = source(bytesOf(0).slice(0, CHUNK / 2));
  await expect(carryUp(file, "content", server().store, short.content, TOTAL, undefined, kept)).rejects.toMatchObject({ code: "source_changed" });
});
