/** The sink between records and a shelf: it can be given up at any moment, and lets others have a turn. */
import { expect, test } from "vitest";
import type { Delivery, Shelf } from "../../src/files/shelf.ts";
import { Sink } from "../../src/files/sink.ts";
import { codeOfPromise } from "../support/codes.ts";

/** Counts what it is asked; each entry takes `cost` milliseconds of work without a pause. */
class CountingShelf implements Shelf {
  begun = 0;
  ended = 0;
  begunAtAbort = -1;
  private readonly cost: number;

  constructor(cost: number) {
    this.cost = cost;
  }

  begin(): Promise<void> {
    this.begun++;
    for (const until = performance.now() + this.cost; performance.now() < until; );
    return Promise.resolve();
  }

  write(): void {
    // kept nowhere
  }

  end(): Promise<void> {
    this.ended++;
    return Promise.resolve();
  }

  finish(): Promise<Delivery> {
    return Promise.resolve({ downloads: [], text: null });
  }

  abort(): Promise<void> {
    this.begunAtAbort = this.begun;
    return Promise.resolve();
  }
}

function ofEmptyFiles(shelf: Shelf, count: number): Sink {
  const sink = new Sink(shelf);
  for (let at = 0; at < count; at++) sink.expect({ path: String(at), kind: "file", size: 0, modified: 0 });
  return sink;
}

test("many empty files leave turns to others, so they can be given up in the middle", async () => {
  const shelf = new CountingShelf(1);
  const sink = ofEmptyFiles(shelf, 5_000);
  const completed = codeOfPromise(sink.complete());
  await new Promise((resolve) => setTimeout(resolve));
  await sink.abort();
  expect(await completed).toBe("interrupted");
  expect(shelf.begun).toBeLessThan(1_000);
});

test("nothing is asked of a shelf after it was given up", async () => {
  const shelf = new CountingShelf(0);
  const sink = ofEmptyFiles(shelf, 100);
  const completed = codeOfPromise(sink.complete());
  await sink.abort();
  expect(await completed).toBe("interrupted");
  expect(await codeOfPromise(sink.write(new Uint8Array(1)))).toBe("interrupted");
  expect(shelf.begun).toBe(shelf.begunAtAbort);
});

test("content must fill its entries, no more and no less", async () => {
  const some = (): Sink => {
    const sink = new Sink(new CountingShelf(0));
    sink.expect({ path: "a", kind: "file", size: 2, modified: 0 });
    return sink;
  };
  const [less, exact, more] = [some(), some(), some()];
  await less.write(new Uint8Array(1));
  expect(await codeOfPromise(less.complete())).toBe("manifest_invalid");
  await exact.write(new Uint8Array(2));
  expect(await codeOfPromise(exact.finish())).toBe("ok");
  expect(await codeOfPromise(more.write(new Uint8Array(3)))).toBe("manifest_invalid");
});

test("a size that is given later ends its entry", async () => {
  const shelf = new CountingShelf(0);
  const sink = new Sink(shelf);
  const entry = { path: "pipe", kind: "file", size: null, modified: 0 } as const;
  sink.expect(entry);
  await sink.write(new Uint8Array(5));
  expect(await codeOfPromise(sink.complete())).toBe("manifest_invalid");
  sink.sizesKnown([{ ...entry, size: 5 }]);
  await sink.complete();
  expect(shelf.ended).toBe(1);
});
