/**
 * Where an upload goes: a new file for some contacts, or the next version of one that is there.
 *
 * Keys are wrapped only for those on the owner's own signed access list, and only with keys from the contact book.
 */
import { linkKeysOf, newFileId, openLinkSecret, wrap, wrapForLink, wrapOwn, type FileKey } from "../crypto_engine.ts";
import { NotFound, PeersealError, Refused } from "../errors.ts";
import { AccessList } from "../protocol/access.ts";
import { bundleOf, type Book, type Contact } from "../protocol/book.ts";
import type { ClosingHead } from "../protocol/heads.ts";
import { hexDecode, hexEncode, sameBytes, type Bytes } from "../wire/encoding.ts";
import type { LinkWrap, NewVersion, RecipientWrap, StoreTicket, StoredFile as WireFile } from "../wire/stored.ts";
import type { Keys } from "./keys.ts";
import type { Reader } from "./trust.ts";
import { completed, fetchFile } from "./versions.ts";

/** What an upload becomes: `id` and `version` name it, `previous` is the closing hash before it. */
export interface Destination {
  readonly id: Bytes;
  readonly version: number;
  readonly previous: Bytes | null;
  readonly recipients: readonly string[];
  /** Tells the server, with the key wrapped for every reader. */
  start(version: Omit<NewVersion, "wrap">, key: FileKey): Promise<StoreTicket>;
  /** Notes in the book what was committed. */
  remember(closing: ClosingHead): Promise<void>;
  /** Another version came first: says which. */
  conflict(): Promise<PeersealError>;
}

/** A new file of this account for these contacts (none: for oneself alone). `expires` in ms since 1970. */
export async function newFileFor(keys: Keys, names: readonly string[], expires: number | null): Promise<Destination> {
  const book = await keys.contacts.load();
  const contacts = contactsNamed(book, names);
  const id = newFileId();
  const access = new AccessList(id, 1, contacts.map(({ fingerprint }) => fingerprint), []);
  return {
    id, version: 1, previous: null, recipients: contacts.map(({ name }) => name),
    async start(version, key) {
      const body = {
        id: hexEncode(id), access: await access.sign(keys.identity), recipients: await wrapsFor(keys, contacts, key, id, 1),
        version: { ...version, wrap: await wrapOwn(key, keys.identity, id, 1) }, expires,
      };
      return keys.api.call("new_file", { body });
    },
    async remember(closing) {
      await keys.contacts.remember({ id, owner: keys.identity.fingerprint, version: 1, closing: closing.hash, access: 1 });
    },
    conflict: () => Promise.resolve(new Refused("This file has another version already.", { code: "stale" })),
  };
}

/** The next version of one's own file, for everybody on its access list. Raises `not_yours`, and what its heads raise. */
export async function nextVersionOf(reader: Reader, file: string): Promise<Destination> {
  const { keys } = reader;
  const book = await keys.contacts.load();
  const wire = await fetchFile(reader, file);
  if (!wire.mine) throw new Refused("Only its owner makes new versions of a file.", { code: "not_yours", hint: "Leave yours as a file of its own." });
  const owner = await reader.owner(wire, book);
  const current = await completed(reader, wire, owner, book);
  const access = await reader.access(wire, owner, book);
  const readers = readersOf(wire, access, book);
  const [id, base] = [hexDecode(file), current?.file.version ?? 0];
  const version = base + 1;
  return {
    id, version, previous: current?.closing?.hash ?? null, recipients: readers.map(({ name }) => name),
    async start(next, key) {
      const recipients = await wrapsFor(keys, readers, key, id, version);
      const links = await linkWraps(keys, wire, access, key, version);
      const body = { version: { ...next, wrap: await wrapOwn(key, keys.identity, id, version) }, access: wire.access, recipients, links };
      return keys.api.call("new_version", { file, body, ifMatch: base });
    },
    async remember(closing) {
      await keys.contacts.remember({ id, owner: owner.bundle.fingerprint, version, closing: closing.hash, access: access.counter });
    },
    conflict: () => conflictOf(reader, file, base),
  };
}

/** Who is on the signed list, by the book, without those who left: nothing can be sealed for keys that are in no book. */
export function readersOf(file: WireFile, access: AccessList, book: Book): Contact[] {
  const present = new Set(file.recipients ?? []);
  return book.contacts.filter(({ name, fingerprint }) => access.lists(fingerprint) && present.has(name));
}

/** The file key for each of these contacts, whose keys come from the book. Raises `key_changed` if they have others now. */
export async function wrapsFor(keys: Keys, contacts: readonly Contact[], key: FileKey, id: Bytes, version: number): Promise<RecipientWrap[]> {
  await keys.served.check(contacts);
  const wraps: RecipientWrap[] = [];
  for (const contact of contacts) wraps.push({ name: contact.name, wrap: await wrapFor(keys, contact, key, id, version) });
  return wraps;
}

export async function wrapFor(keys: Keys, contact: Contact, key: FileKey, id: Bytes, version: number): Promise<Bytes> {
  const bundle = await bundleOf(contact);
  return wrap(key, keys.identity, await keys.pairwise(bundle), bundle, id, version);
}

async function linkWraps(keys: Keys, file: WireFile, access: AccessList, key: FileKey, version: number): Promise<LinkWrap[]> {
  const { identity } = keys;
  const id = hexDecode(file.id);
  const wraps: LinkWrap[] = [];
  for (const row of file.links ?? []) {
    const link = hexDecode(row.id);
    if (!access.links.some((one) => sameBytes(one, link))) continue;
    const { m } = await openLinkSecret(identity, link, id, row.secret);
    wraps.push({ link: row.id, wrap: await wrapForLink(key, await linkKeysOf(m), id, version, identity.fingerprint) });
  }
  return wraps;
}

/** The contacts of these names, each once. Raises `unknown_contact`. */
function contactsNamed(book: Book, names: readonly string[]): Contact[] {
  const found = new Map<string, Contact>();
  for (const name of names) {
    const contact = book.contact(name);
    if (contact === undefined) {
      throw new NotFound(`${name} is not among your contacts, so nothing can be sealed for them.`, {
        code: "unknown_contact", hint: "Exchange keys with them first.",
      });
    }
    found.set(contact.name, contact);
  }
  return [...found.values()];
}

async function conflictOf(reader: Reader, file: string, base: number): Promise<PeersealError> {
  const won = await fetchFile(reader, file).then(({ current }) => current?.version ?? base, () => base);
  return new Refused(
    `Version ${won} of this file came first, from another of your devices. Yours was not stored, and nothing of the other was lost.`,
    { code: "stale", hint: "Look at it, then update again to make yours the next version.", retryable: true },
  );
}

