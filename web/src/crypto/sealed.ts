/** Small things sealed as `IV ‖ Tag ‖ Ciphertext`: card, contact book, and a link's secret for its owner. */
import { malformed, sameBytes, utf8, type Bytes } from "../wire/encoding.ts";
import { BOOK_MAX_BYTES, CARD_MAX_BYTES, ID_BYTES, LINK_SECRET_BYTES } from "../wire/limits.ts";
import { fileContext, type FileKey } from "./file_key.ts";
import type { Identity } from "./identity.ts";
import { EMPTY, join, kdf, lp, readU64, u64, u8 } from "./kdf.ts";
import { NONCE_BYTES, TAG_BYTES, aesGcm, randomBytes, type Randomness } from "./primitives.ts";

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

/** A card (§13.2) of its padded plaintext. */
export async function sealCard(key: FileKey, id: Bytes, version: number, plaintext: Bytes, random: Randomness = randomBytes): Promise<Bytes> {
  const card = await sealUnder(await cardKey(key, id, version), fileContext(id, version), plaintext, random);
  if (card.length > CARD_MAX_BYTES) throw malformed("a card of more than 4 KiB");
  return card;
}

/** The padded plaintext of a card. */
export async function openCard(key: FileKey, id: Bytes, version: number, card: Bytes): Promise<Bytes> {
  if (card.length > CARD_MAX_BYTES) throw malformed("a card of more than 4 KiB");
  return openUnder(await cardKey(key, id, version), fileContext(id, version), card);
}

async function cardKey(key: FileKey, id: Bytes, version: number): Promise<Bytes> {
  return kdf(key.reveal(), EMPTY, "card", fileContext(id, version), 32);
}

const BOOK_HEADER_BYTES = 1 + 8 + 32;

/** A sealed contact book, opened: its place in the chain, and its padded plaintext. */
export interface OpenedBook {
  readonly counter: number;
  readonly previous: Bytes; // 32 bytes: the hash of the book before, zeros for the first
  readonly plaintext: Bytes;
}

/** A contact book (§11): `u8 1 ‖ u64 counter ‖ previous ‖ IV ‖ Tag ‖ Ciphertext`. */
export async function sealBook(identity: Identity, { counter, previous, plaintext }: OpenedBook, random: Randomness = randomBytes): Promise<Bytes> {
  const header = join(u8(1), u64(counter), previous);
  checkBookHeader(header);
  const associated = bookContext(identity, counter, previous);
  const book = join(header, await sealUnder(await identity.ownKey("book"), associated, plaintext, random));
  if (book.length > BOOK_MAX_BYTES) throw malformed("a contact book that is too long");
  return book;
}

/** Raises `malformed` or `not_authentic`. Whether it is the right one of the chain: protocol/book. */
export async function openBook(identity: Identity, book: Bytes): Promise<OpenedBook> {
  if (book.length > BOOK_MAX_BYTES) throw malformed("a contact book that is too long");
  const { counter, previous } = checkBookHeader(book.slice(0, BOOK_HEADER_BYTES));
  const associated = bookContext(identity, counter, previous);
  const plaintext = await openUnder(await identity.ownKey("book"), associated, book.subarray(BOOK_HEADER_BYTES));
  return { counter, previous, plaintext };
}

function checkBookHeader(header: Bytes): { readonly counter: number; readonly previous: Bytes } {
  if (header.length !== BOOK_HEADER_BYTES || header[0] !== 1) throw malformed("not a contact book");
  const [counter, previous] = [readU64(header.slice(1, 9)), header.slice(9)];
  if (counter < 1) throw malformed("a contact book counts from 1");
  if (counter === 1 && !sameBytes(previous, new Uint8Array(32))) throw malformed("a first book with one before it");
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

function linkContext(link: Bytes): Bytes {
  if (link.length !== ID_BYTES) throw malformed("a link id has 16 bytes");
  return link;
}
