/** Another file of the same name and size, chosen to go on with: it is refused before anybody is told, and nothing is over. */
import { expect, test, vi } from "vitest";
import { Marks, newFileId, newFileKey, RecordSealer } from "../../src/crypto_engine.ts";
import type { About } from "../../src/transfer/about.ts";
import type { Board } from "../../src/transfer/board.ts";
import type { Journals } from "../../src/transfer/journals.ts";
import { Ledger } from "../../src/transfer/ledger.ts";
import { Resuming } from "../../src/transfer/resuming.ts";
import { RECORD_SIZE } from "../../src/wire/limits.ts";

const RECORDS = 3;

function film(fill: number, modified: number): File {
  return new File([new Uint8Array(RECORDS * RECORD_SIZE).fill(fill)], "film.bin", { lastModified: modified });
}

/** A send that an earlier visit began with a film full of ones, and of which two records left. */
async function interrupted(): Promise<{ resuming: Resuming; together: ReturnType<typeof vi.fn>; closed: string[]; ledger: Ledger; discarded: string[] }> {
  const [id, key] = [newFileId(), newFileKey()];
  const marks = new Marks();
  const sealer = await RecordSealer.create(key, "content", id, 1, RECORD_SIZE);
  const sealed = new Uint8Array(RECORD_SIZE + 64);
  for (let index = 0; index < 2; index++) {
    await sealer.sealInto(index, false, new Uint8Array(RECORD_SIZE).fill(1), sealed);
    marks.put("content", index, sealed);
  }
  const about = {
    kind: "send", title: "film.bin", peer: { id: "b", tag: "b", name: "Bob", role: "receiver", account: null }, total: RECORDS * RECORD_SIZE, files: 1, started: 0,
    file: id, key: key.reveal(), entries: [{ path: "film.bin", kind: "file", size: RECORDS * RECORD_SIZE, modified: 1_000 }], offer: null, target: "other",
    park: null, parked: null, stored: null,
    meeting: { secret: new Uint8Array(32), role: "initiator", mode: "words", verified: true, maySend: true, bundle: null, contact: null },
  } as unknown as About;
  const [closed, discarded]: [string[], string[]] = [[], []];
  const journals = {
    onFreed: null, all: () => Promise.resolve([{ id: "j", about, held: { manifest: 1, content: 1, bytes: RECORD_SIZE } }]),
    take: () => Promise.resolve({ about: () => Promise.resolve(about), marks: () => marks }),
    close: (name: string) => closed.push(name), discard: (name: string) => discarded.push(name),
  } as unknown as Journals;
  const ledger = new Ledger(() => undefined, () => undefined);
  const together = vi.fn(() => Promise.resolve(true));
  const resuming = new Resuming({ set: () => undefined } as unknown as Board, ledger, journals, {} as never, together, { account: () => null, download: () => Promise.resolve(), upload: () => Promise.resolve(null), abandon: () => Promise.resolve() });
  return { resuming, together, closed, ledger, discarded };
}

test("another file of that name and size is refused, and the other side is not troubled", async () => {
  const { resuming, together, closed, ledger, discarded } = await interrupted();
  await expect(resuming.resume("t", "j", [{ path: "film.bin", file: film(2, 5_000) }], null)).rejects.toMatchObject({ code: "other_files" });
  expect(together).not.toHaveBeenCalled();
  expect([closed, discarded]).toEqual([["j"], []]); // it can be tried again
  expect(ledger.snapshots()).toEqual([]);
});

test("the right one goes on afterwards, though it is a copy of another time", async () => {
  const { resuming, together } = await interrupted();
  await resuming.resume("t", "j", [{ path: "film.bin", file: film(2, 5_000) }], null).catch(() => undefined);
  await resuming.resume("u", "j", [{ path: "film.bin", file: film(1, 9_000) }], null);
  expect(together).toHaveBeenCalledOnce();
});
