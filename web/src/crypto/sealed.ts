/** Small things sealed as `IV ‖ Tag ‖ Ciphertext`: card, contact book, and a link's secret for its owner. */
import { IntegrityFailed } from "../errors.ts";
import { malformed, sameBytes, utf8, type Bytes } from "../wire/encoding.ts";
import { BOOK_PLAINTEXT_MAX_BYTES, CARD_MAX_BYTES, ID_BYTES, LINK_SECRET_BYTES } from "../wire/limits.ts";
import { fileContext, type FileKey } from "./file_key.ts";
import type { Identity } from "./identity.ts";
import { EMPTY, join, kdf, lp, readU64, u64, u8 } from "./kdf.ts";
import { NONCE_BYTES, TAG_BYTES, aesGcm, randomBytes, sha256, type Randomness } from "./primitives.ts";

export const SEALED_OVERHEAD = NONCE_BYTES + TAG_BYTES;

/** `IV ‖ Tag ‖ Ciphertext` under a 32-byte key, with a fresh IV. */
export async function sealUnder(key: Bytes, associated: Bytes, plaintext: Bytes, random: Randomness = randomBytes): Promise<Bytes> {
  const iv = random(NONCE_BYTES);
  const sealed = await (await aesGcm(key)).seal(iv, associated, plaintext);
  return join(iv, sealed.subarray(plaintext.length), sealed.subarray(0, plaintext.length));
}

/** The plaintext of `IV ‖ Tag ‖ Ciphertext`; `malformed` if too short, else `not_authentic`. */
export async function openUnder(key: Bytes, associated: Bytes, sealed: Bytes): Promise<Bytes> {
  if (sealed.length < SEALED_OVERHEAD) throw malformed("too short to be sealed");
  const iv = sealed.slice(0, NONCE_BYTES);
  const swapped = join(sealed.subarray(SEALED_OVERHEAD), sealed.subarray(NONCE_BYTES, SEALED_OVERHEAD));
  return (await aesGcm(key)).open(iv, associated, swapped);
}

/** The card (§13.2) of its JSON, padded here; `limit` over 4 KiB. */
export async function sealCard(key: FileKey, id: Bytes, version: number, plaintext: Bytes, random: Randomness = randomBytes): Promise<Bytes> {
  const padded = pad(plaintext, CARD_STEP_BYTES);
  if (padded.length + SEALED_OVERHEAD > CARD_MAX_BYTES) throw new IntegrityFailed("the card is too long", { code: "limit" });
  return sealUnder(await cardKey(key, id, version), fileContext(id, version), padded, random);
}

/** The padded JSON of a card. `malformed` or `not_authentic`. */
export async function openCard(key: FileKey, id: Bytes, version: number, card: Bytes): Promise<Bytes> {
  checkPadded(card.length - SEALED_OVERHEAD, CARD_STEP_BYTES, CARD_MAX_BYTES - SEALED_OVERHEAD);
  return openUnder(await cardKey(key, id, version), fileContext(id, version), card);
}

async function cardKey(key: FileKey, id: Bytes, version: number): Promise<Bytes> {
  return kdf(key.reveal(), EMPTY, "card", fileContext(id, version), 32);
}

/** The `previous` of a first book. */
export const NO_BOOK: Bytes = new Uint8Array(32);
const CARD_STEP_BYTES = 256;
const BOOK_STEP_BYTES = 1024;
const BOOK_HEADER_BYTES = 1 + 8 + 32;

/** A sealed contact book, opened: its place in the chain, its hash, and its padded JSON. */
export interface OpenedBook {
  readonly counter: number;
  readonly previous: Bytes; // 32 bytes: the hash of the book before, zeros for the first
  readonly hash: Bytes;
  readonly plaintext: Bytes;
}

/** The contact book (§11) number `counter` (from 1) of its JSON, padded here; `limit` over 4 MiB. */
export async function sealBook(
  identity: Identity,
  counter: number,
  previous: Bytes,
  plaintext: Bytes,
  random: Randomness = randomBytes,
): Promise<Bytes> {
  const header = join(u8(1), u64(counter), previous);
  readBookHeader(header);
  const padded = pad(plaintext, BOOK_STEP_BYTES);
  if (padded.length > BOOK_PLAINTEXT_MAX_BYTES) throw new IntegrityFailed("the contact book is full", { code: "limit" });
  return join(header, await sealUnder(await identity.ownKey("book"), bookContext(identity, counter, previous), padded, random));
}

/** Raises `malformed` or `not_authentic`. Whether it is the right one of the chain: protocol/book. */
export async function openBook(identity: Identity, book: Bytes): Promise<OpenedBook> {
  const { counter, previous } = readBookHeader(book.slice(0, BOOK_HEADER_BYTES));
  checkPadded(book.length - BOOK_HEADER_BYTES - SEALED_OVERHEAD, BOOK_STEP_BYTES, BOOK_PLAINTEXT_MAX_BYTES);
  const associated = bookContext(identity, counter, previous);
  const plaintext = await openUnder(await identity.ownKey("book"), associated, book.subarray(BOOK_HEADER_BYTES));
  return { counter, previous, hash: await sha256(book), plaintext };
}

function readBookHeader(header: Bytes): { readonly counter: number; readonly previous: Bytes } {
  if (header.length !== BOOK_HEADER_BYTES || header[0] !== 1) throw malformed("not a contact book");
  const [counter, previous] = [readU64(header.slice(1, 9)), header.slice(9)];
  if (counter < 1 || (counter === 1) !== sameBytes(previous, NO_BOOK)) {
    throw malformed("a contact book that follows no other and is not the first");
  }
  return { counter, previous };
}

function bookContext(identity: Identity, counter: number, previous: Bytes): Bytes {
  return lp(utf8("peerseal/1 book"), identity.fingerprint, u64(counter), previous);
}

/** A link's secret and m (32 bytes each), sealed for its owner (§14), 92 bytes. */
export async function sealLinkSecret(
  identity: Identity,
  link: Bytes,
  id: Bytes,
  { secret, m }: { readonly secret: Bytes; readonly m: Bytes },
  random: Randomness = randomBytes,
): Promise<Bytes> {
  if (secret.length !== 32 || m.length !== 32) throw malformed("a link secret has 32 bytes");
  return sealUnder(await identity.ownKey("link-secret", linkContext(link)), lp(link, id), join(secret, m), random);
}

/** The secret and m of a link of one's own. */
export async function openLinkSecret(
  identity: Identity,
  link: Bytes,
  id: Bytes,
  sealed: Bytes,
): Promise<{ readonly secret: Bytes; readonly m: Bytes }> {
  if (sealed.length !== LINK_SECRET_BYTES) throw malformed("a sealed link secret has 92 bytes");
  const both = await openUnder(await identity.ownKey("link-secret", linkContext(link)), lp(link, id), sealed);
  return { secret: both.slice(0, 32), m: both.slice(32) };
}

function pad(plaintext: Bytes, step: number): Bytes {
  const padded = new Uint8Array(Math.ceil(plaintext.length / step) * step).fill(0x20);
  padded.set(plaintext);
  return padded;
}

function checkPadded(length: number, step: number, most: number): void {
  if (length <= 0 || length > most || length % step !== 0) throw malformed("a sealed text of a wrong length");
}

function linkContext(link: Bytes): Bytes {
  if (link.length !== ID_BYTES) throw malformed("a link id has 16 bytes");
  return link;
}
