/** The versions of a file against what this person saw before: the newest, an older one, all of them (protocol.md §13.3). */
import { IntegrityFailed, NotFound, failure } from "../errors.ts";
import type { AccessList } from "../protocol/access.ts";
import type { Book, FileSeen } from "../protocol/book.ts";
import type { ClosingHead } from "../protocol/heads.ts";
import { judge, judgeAbsent, judgeArriving, type Heads } from "../protocol/rollback.ts";
import { hexDecode, sameBytes, type Bytes } from "../wire/encoding.ts";
import { PAGE_MAX_ITEMS } from "../wire/limits.ts";
import type { StoredFile as WireFile, Version, Versions } from "../wire/stored.ts";
import { accusing } from "./accusing.ts";
import { checkHeads, type HeadsRead, type Owner, type Reader, type Sealed } from "./trust.ts";

const PAGES_MAX = 1_000;
/** What the book keeps beside an access list of a file that has no complete version yet. */
const NO_CLOSING = new Uint8Array(32);

/** What the server says about a file (hex id). */
export async function fetchFile(reader: Reader, id: string): Promise<WireFile> {
  const file = await reader.keys.api.call("file", { file: id });
  if (file.id !== id) throw failure("content_differs", "The server gave another file than the one asked for.");
  return file;
}

/** The current version of a file, or its first while that is still arriving, checked against the newest one seen. */
export async function newest(reader: Reader, file: WireFile, owner: Owner, book: Book): Promise<Sealed> {
  const version = (await completed(reader, file, owner, book)) ?? (await arriving(reader, file, owner, book, null));
  if (version === null) throw new NotFound("Nothing of this file was ever completed.");
  return version;
}

/** The current version, checked against the newest one seen; null if none was ever complete. */
export async function completed(reader: Reader, file: WireFile, owner: Owner, book: Book): Promise<Sealed | null> {
  if (file.current === null) {
    await accusing(owner.name, () => { judgeAbsent(book.file(hexDecode(file.id))); });
    return null;
  }
  const sealed = await reader.sealed(file, file.current, owner);
  if (sealed.closing === null) throw new IntegrityFailed("complete without its closing head", { code: "content_differs" });
  await checkSeen(reader, file, owner, book, sealed);
  return sealed;
}

/** The upload under way, null if there is none: the very next version after `current` (null: the first). */
export async function arriving(reader: Reader, file: WireFile, owner: Owner, book: Book, current: Sealed | null): Promise<Sealed | null> {
  if (file.arriving === null) return null;
  await checkArriving(file, owner, book, current);
  return reader.sealed(file, file.arriving, owner);
}

/** See `arriving`, also for who was not given its key. Raises `rolled_back`, and what its heads raise. */
export async function checkArriving(file: WireFile, owner: Owner, book: Book, current: Sealed | null): Promise<void> {
  if (file.arriving === null) return;
  const id = hexDecode(file.id);
  const { opening, closing } = await checkHeads(owner, id, file.arriving);
  const before = current?.closing == null ? null : { opening: current.opening, closing: current.closing };
  await accusing(owner.name, () => { judgeArriving(book.file(id), before, opening, closing); });
}

/** Version `number` of a file, at its place in the history. */
export async function numbered(reader: Reader, file: WireFile, owner: Owner, book: Book, number: number): Promise<Sealed> {
  const chain = await history(reader, file, owner, book);
  const found = chain.find(({ wire }) => wire.version === number);
  if (found === undefined) throw new NotFound(`There is no version ${number} of this file.`);
  if (found.error !== null) throw found.error;
  if (!found.wire.kept) throw new NotFound(`Version ${number} is no longer kept.`);
  return reader.sealed(file, found.wire, owner);
}

/** A completed version at its place in the history; `error`: why it cannot be that. */
export interface Placed {
  readonly wire: Version;
  readonly error: Error | null;
}

/** All completed versions, oldest first: a chain without a gap, up to at least the newest one seen. */
export async function history(reader: Reader, file: WireFile, owner: Owner, book: Book): Promise<Placed[]> {
  const placed: Placed[] = [];
  const seen = book.file(hexDecode(file.id));
  let last: ClosingHead | null = null;
  let broken: Error | null = null;
  for (const wire of await allVersions(reader, file.id)) {
    if (wire.state !== "committed") continue;
    if (broken === null) {
      try {
        last = await accusing(owner.name, () => placeOf(owner, hexDecode(file.id), wire, placed.length + 1, last, seen));
      } catch (error) {
        broken = error as Error; // what stands behind a break cannot be believed either
      }
    }
    placed.push({ wire, error: broken });
  }
  if (placed.length === 0) throw new NotFound("Nothing of this file was ever completed.");
  if (seen !== undefined && seen.version > placed.length) await accusing(owner.name, () => Promise.reject(failure("rolled_back")));
  return placed;
}

async function placeOf(
  owner: Owner, id: Bytes, wire: Version, number: number, last: ClosingHead | null, seen: FileSeen | undefined,
): Promise<ClosingHead> {
  const { opening, closing } = await checkHeads(owner, id, wire);
  if (closing === null) throw new IntegrityFailed("complete without its closing head", { code: "content_differs" });
  const follows = last === null ? opening.previous === null : opening.previous !== null && sameBytes(opening.previous, last.hash);
  if (wire.version !== number || !follows) throw failure("rolled_back");
  if (seen !== undefined && !sameBytes(seen.owner, owner.bundle.fingerprint)) throw failure("unknown_owner");
  if (seen?.version === number && !sameBytes(seen.closing, closing.hash)) throw failure("rolled_back");
  return closing;
}

/** What the book should keep of a version that was seen whole. */
export function seenOf({ file: { id, version }, owner }: Sealed, closing: ClosingHead, access: AccessList): FileSeen {
  return { id, owner: owner.bundle.fingerprint, version, closing: closing.hash, access: access.counter };
}

/** What the book should keep of an access list, beside the version that is current. */
export function accessSeen(access: AccessList, owner: Owner, current: Sealed | null): FileSeen {
  if (current?.closing != null) return seenOf(current, current.closing, access);
  return { id: access.id, owner: owner.bundle.fingerprint, version: 0, closing: NO_CLOSING, access: access.counter };
}

async function allVersions(reader: Reader, id: string): Promise<Version[]> {
  const versions: Version[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < PAGES_MAX; page++) {
    const given: Versions = await reader.keys.api.call("versions", { file: id, query: { cursor, limit: PAGE_MAX_ITEMS } });
    versions.push(...given.versions);
    cursor = given.next;
    if (cursor === null) break;
  }
  return versions;
}

async function checkSeen(reader: Reader, file: WireFile, owner: Owner, book: Book, { opening, closing }: Sealed): Promise<void> {
  const seen = book.file(opening.id);
  const between: Heads[] = [];
  if (seen !== undefined && seen.version > 0 && opening.version > seen.version + 1) {
    for (const version of await allVersions(reader, file.id)) {
      if (version.version <= seen.version || version.version >= opening.version || version.state !== "committed") continue;
      const heads: HeadsRead = await checkHeads(owner, opening.id, version);
      if (heads.closing !== null) between.push({ opening: heads.opening, closing: heads.closing });
    }
  }
  await accusing(owner.name, () => { judge(seen, opening, closing, between); });
}
