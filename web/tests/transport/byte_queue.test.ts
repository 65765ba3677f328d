/** Bytes come in any pieces and leave in the sizes asked for. */
import { expect, test } from "vitest";
import { Interrupted } from "../../src/errors.ts";
import { ByteQueue } from "../../src/transport/byte_queue.ts";

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

async function take(queue: ByteQueue, length: number): Promise<number[]> {
  const view = new Uint8Array(length);
  await queue.takeInto(view);
  return [...view];
}

test("joins and splits pieces", async () => {
  const queue = new ByteQueue();
  for (const piece of [bytes(1, 2, 3), bytes(), bytes(4), bytes(5, 6)]) queue.push(piece);
  expect(await take(queue, 2)).toEqual([1, 2]);
  expect(await take(queue, 3)).toEqual([3, 4, 5]);
  expect(queue.length).toBe(1);
});

test("waits for bytes that are still to come", async () => {
  const queue = new ByteQueue();
  const taking = take(queue, 3);
  queue.push(bytes(1));
  queue.push(bytes(2, 3, 4));
  expect(await taking).toEqual([1, 2, 3]);
});

test("gives what is there after the end, and raises for more", async () => {
  const queue = new ByteQueue();
  queue.push(bytes(1));
  queue.end();
  expect(await take(queue, 1)).toEqual([1]);
  await expect(take(queue, 1)).rejects.toMatchObject({ code: "truncated" });
});

test("gives nothing after it broke", async () => {
  const queue = new ByteQueue();
  const waiting = take(queue, 2);
  queue.push(bytes(1));
  queue.break(new Interrupted());
  await expect(waiting).rejects.toBeInstanceOf(Interrupted);
  await expect(take(queue, 1)).rejects.toBeInstanceOf(Interrupted);
});

test("keeps order over thousands of pieces", async () => {
  const queue = new ByteQueue();
  for (let at = 0; at < 5_000; at++) queue.push(bytes(at & 255, (at >> 8) & 255));
  for (let at = 0; at < 5_000; at++) expect(await take(queue, 2)).toEqual([at & 255, (at >> 8) & 255]);
  expect(queue.length).toBe(0);
});
