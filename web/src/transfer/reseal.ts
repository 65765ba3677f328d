/** A stored version again under a fresh key, chunk by chunk: opened, checked, sealed anew; no plaintext on any disk. */
import { rootOfLeaves } from "../crypto_engine.ts";
import { failure } from "../errors.ts";
import type { Source, SourceEntry } from "../files/source.ts";
import type { ClosingHead } from "../protocol/heads.ts";
import type { ChunkStore } from "../transport/store.ts";
import { malformed, type Bytes } from "../wire/encoding.ts";
import { accusing } from "./accusing.ts";
import { ManifestDown, openedChunks } from "./chunks_down.ts";
import { checkCardOf, type Sealed } from "./trust.ts";

/** A complete version as the source of an upload: its last bytes come out only once all of it is verified. */
export async function storedSource(sealed: Sealed, store: Pick<ChunkStore, "get">): Promise<Source> {
  const { closing } = sealed;
  if (closing === null) throw failure("incomplete", "This version is not complete.");
  const manifest = await ManifestDown.open(sealed, store);
  await manifest.head();
  await manifest.rest();
  await checkCardOf(sealed, manifest.reader.entries);
  // Entries pass as they are, with what only the command line tells of them.
  const entries = manifest.reader.entries.map((entry): SourceEntry => {
    if (entry.size === null) throw malformed("an entry without a size");
    return { ...entry, size: entry.size };
  });
  const bytes = manifest.reader.bytes;
  return { entries, bytes, content: () => content(sealed, store, manifest, closing) };
}

async function* content(
  sealed: Sealed, store: Pick<ChunkStore, "get">, manifest: ManifestDown, closing: ClosingHead,
): AsyncGenerator<Bytes, void, undefined> {
  let size = 0;
  for await (const { records, leaves, ended } of openedChunks(sealed, store, sealed.content)) {
    await accusing(sealed.owner.name, async () => {
      for (const record of records) manifest.reader.place(record.length);
      size += records.reduce((sum, { length }) => sum + length, 0);
      if (!ended) return;
      manifest.reader.check(size);
      closing.checkContent({
        manifestRecords: manifest.leaves.count, contentRecords: leaves.count,
        manifest: await rootOfLeaves(manifest.leaves.joined()), root: await rootOfLeaves(leaves.joined()),
      });
    });
    yield* records;
  }
}
