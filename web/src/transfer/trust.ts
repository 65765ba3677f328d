/**
 * One version of a stored file as its reader may trust it (protocol.md §13.3): whatever the server says is checked here.
 *
 * Bundles come from the contact book, or, behind a link, from its fragment; never from a look-up.
 */
import { checkCommitment, openCard, streamRecordSize, unwrap, unwrapOwn, type Bundle, type FileKey } from "../crypto_engine.ts";
import { NotFound, VerificationFailed } from "../errors.ts";
import { readAccess, type AccessList } from "../protocol/access.ts";
import { bundleOf, type Book } from "../protocol/book.ts";
import { checkCard, decodeCard, type Card } from "../protocol/card.ts";
import type { Entry } from "../protocol/entries.ts";
import { readClosing, readOpening, type ClosingHead, type OpeningHead } from "../protocol/heads.ts";
import { StreamLayout } from "../wire/chunks.ts";
import { hexDecode, malformed, sameBytes, type Bytes } from "../wire/encoding.ts";
import type { StoredFile as WireFile, Version } from "../wire/stored.ts";
import { SWAPPED, accusing } from "./accusing.ts";
import type { SealedFile } from "./chunks.ts";
import type { Keys } from "./keys.ts";
import type { Trust } from "./state.ts";

/** Whose a file is, by this reader's own book. */
export interface Owner {
  readonly name: string;
  readonly bundle: Bundle;
  readonly mine: boolean;
  readonly trust: Trust;
}

/** A version whose opening head, key and card hold; `closing` null while it is arriving. */
export interface Sealed {
  readonly upload: string;
  readonly owner: Owner;
  readonly file: SealedFile;
  readonly opening: OpeningHead;
  readonly closing: ClosingHead | null;
  readonly card: Card;
  readonly manifest: StreamLayout;
  readonly content: StreamLayout;
}

export interface HeadsRead {
  readonly opening: OpeningHead;
  readonly closing: ClosingHead | null;
}

/** The signed-in person as a reader. What held once is not computed again while the server says the same. */
export class Reader {
  readonly keys: Keys;
  readonly #known = new Map<string, { readonly wire: Version; readonly owner: Bytes; readonly sealed: Sealed }>();

  constructor(keys: Keys) {
    this.keys = keys;
  }

  /** Whose `file` is; `unknown_owner` if it is neither this person's own nor a contact's. */
  async owner(file: WireFile, book: Book): Promise<Owner> {
    const { identity, name } = this.keys;
    if (file.mine) return { name, bundle: identity.bundle, mine: true, trust: "verified" };
    const contact = book.contact(file.owner);
    if (contact === undefined) throw stranger(file.owner);
    return { name: contact.name, bundle: await bundleOf(contact), mine: false, trust: contact.state };
  }

  /** The file's access list: signed by its owner, of this file, not older than the newest one seen, with this reader on it. */
  async access(file: WireFile, owner: Owner, book: Book): Promise<AccessList> {
    const id = hexDecode(file.id);
    return accusing(owner.name, async () => {
      const access = await readAccess(file.access, owner.bundle);
      access.check(id, book.file(id)?.access ?? 0);
      if (!owner.mine) access.checkListed(this.keys.identity.fingerprint);
      return access;
    });
  }

  /** A version of `file`, checked. Raises NotFound if it was never this reader's. */
  async sealed(file: WireFile, version: Version, owner: Owner): Promise<Sealed> {
    const id = hexDecode(file.id);
    const known = this.#known.get(version.upload);
    // Also of the same file: what held there may have been put in another one's place.
    const here = known !== undefined && sameBytes(known.sealed.file.id, id) && sameBytes(known.owner, owner.bundle.fingerprint);
    if (here && sameVersion(known.wire, version)) return { ...known.sealed, owner };
    const sealed = await checkVersion(owner, id, version, () => this.#key(owner, id, version));
    this.#known.set(version.upload, { wire: version, owner: owner.bundle.fingerprint, sealed });
    return sealed;
  }

  async #key(owner: Owner, id: Bytes, { wrap, version }: Version): Promise<FileKey> {
    if (wrap === null) throw new NotFound(`Version ${version} was never shared with you.`, { hint: "Ask its owner to share it." });
    const { identity } = this.keys;
    const open = async (): Promise<FileKey> =>
      owner.mine
        ? unwrapOwn(wrap, identity, id, version)
        : unwrap(wrap, identity, await this.keys.pairwise(owner.bundle), owner.bundle, id, version);
    return accusing(owner.name, open, { not_authentic: "The key that came was not sealed by {owner} for this file: it was swapped." });
  }
}

/** What the server gave as a version, once everything signed about it holds; its records are still to come. `unwrapped` opens the wrap. */
export async function checkVersion(owner: Owner, id: Bytes, version: Version, unwrapped: () => Promise<FileKey>): Promise<Sealed> {
  const { opening, closing } = await checkHeads(owner, id, version);
  const key = await unwrapped();
  const renamed = { not_authentic: "The title was not sealed with this file’s key: it was renamed.", content_differs: "The title is not the one {owner} signed: it was renamed." };
  const card = await accusing(owner.name, async () => {
    await checkCommitment(key, id, version.version, opening.commitment);
    await opening.checkCard(version.card);
    return decodeCard(await openCard(key, id, version.version, version.card));
  }, renamed);
  const { recordSize } = opening;
  const manifest = new StreamLayout(streamRecordSize("manifest", recordSize), version.manifestBytes);
  const content = new StreamLayout(streamRecordSize("content", recordSize), version.contentBytes);
  if (closing !== null) await accusing(owner.name, () => { checkSizes(closing, manifest, content); });
  const file = { id, version: version.version, recordSize, key };
  return { upload: version.upload, owner, file, opening, closing, card, manifest, content };
}

/** The heads of a version: signed by its owner, of the file and version that was asked for. */
export async function checkHeads(owner: Owner, id: Bytes, version: Version): Promise<HeadsRead> {
  return accusing(owner.name, async () => {
    const opening = await readOpening(version.opening, owner.bundle);
    opening.checkAsked(id, version.version);
    return { opening, closing: version.closing === null ? null : await readClosing(version.closing, owner.bundle, opening) };
  }, SWAPPED);
}

/** Raises `manifest_invalid` unless the card says what all these entries do (protocol.md §13.2). */
export async function checkCardOf({ card, owner }: Sealed, entries: readonly Entry[]): Promise<void> {
  const files = entries.filter(({ kind }) => kind !== "directory");
  const bytes = files.reduce((sum, { size }) => sum + (size ?? 0), 0);
  const manifest = { files: files.length, bytes, text: files.some(({ kind }) => kind === "text") };
  await accusing(owner.name, () => { checkCard(card, manifest); });
}

function checkSizes(closing: ClosingHead, manifest: StreamLayout, content: StreamLayout): void {
  manifest.check();
  content.check();
  if (manifest.records !== closing.manifestRecords || content.records !== closing.contentRecords) throw malformed("another number of records");
}

function sameVersion(one: Version, other: Version): boolean {
  const same = (a: Bytes | null, b: Bytes | null): boolean => (a === null || b === null ? a === b : sameBytes(a, b));
  const numbers = one.version === other.version && one.manifestBytes === other.manifestBytes && one.contentBytes === other.contentBytes;
  return numbers && same(one.opening, other.opening) && same(one.closing, other.closing) && same(one.card, other.card) && same(one.wrap, other.wrap);
}

function stranger(name: string): VerificationFailed {
  return new VerificationFailed(`It is said to come from ${name}, who is not among your contacts: nothing shows that it does.`, {
    code: "unknown_owner", hint: "Exchange keys with them first, if you know them.",
  });
}
