/** The stored files of an account, each as its reader may trust it: what holds is shown, what does not says why. */
import { linkText, openLinkSecret } from "../crypto_engine.ts";
import type { AccessList } from "../protocol/access.ts";
import type { Book } from "../protocol/book.ts";
import { hexDecode, hexEncode } from "../wire/encoding.ts";
import { PAGE_MAX_ITEMS } from "../wire/limits.ts";
import type { LinkRow, StoredFile as WireFile, StoredFiles } from "../wire/stored.ts";
import { storedProblem } from "./accusing.ts";
import { readersOf } from "./destination.ts";
import type { StoredFile, StoredLink, StoredVersion } from "./state.ts";
import type { Owner, Reader, Sealed } from "./trust.ts";
import { checkArriving, completed, history, newest, seenOf, type Placed } from "./versions.ts";

const PAGES_MAX = 1_000;

/** What the shelf adds to what the server and the book say: history and transfer are the page's own. */
export type ShelfItem = Omit<StoredFile, "history" | "transfer">;

/** Every file of the account. What was seen of them is noted in the book. `address`: the page's, as others can open it. */
export async function shelf(reader: Reader, address: string): Promise<ShelfItem[]> {
  const book = await reader.keys.contacts.load();
  const seen: { readonly sealed: Sealed; readonly access: AccessList }[] = [];
  const items: ShelfItem[] = [];
  for (const file of await allFiles(reader)) items.push(await itemOf(reader, file, book, address, seen));
  await remember(reader, book, seen);
  return items;
}

async function allFiles(reader: Reader): Promise<WireFile[]> {
  const files = new Map<string, WireFile>(); // a file that changes between two pages comes twice
  let cursor: string | null = null;
  for (let page = 0; page < PAGES_MAX; page++) {
    const given: StoredFiles = await reader.keys.api.call("files", { query: { cursor, limit: PAGE_MAX_ITEMS } });
    for (const file of given.files) if (!files.has(file.id)) files.set(file.id, file);
    cursor = given.next;
    if (cursor === null) break;
  }
  return [...files.values()];
}

async function itemOf(
  reader: Reader, file: WireFile, book: Book, address: string, seen: { readonly sealed: Sealed; readonly access: AccessList }[],
): Promise<ShelfItem> {
  const trust = file.mine ? "verified" : (book.contact(file.owner)?.state ?? "unknown");
  const plain = { id: file.id, mine: file.mine, ownerTrust: trust, expires: file.expires, changed: file.current?.committed ?? file.created } as const;
  try {
    const owner = await reader.owner(file, book);
    const access = await reader.access(file, owner, book);
    const current = await completed(reader, file, owner, book);
    if (current === null && file.arriving === null) return { ...plain, ...NOTHING, owner: owner.name, recipients: [], links: [] };
    if (current !== null) await checkArriving(file, owner, book, current);
    const sealed = current ?? (await newest(reader, file, owner, book));
    seen.push({ sealed, access });
    const { card, closing, content } = sealed;
    return {
      ...plain, owner: owner.name, title: card.title, files: card.files, text: card.text,
      bytes: closing === null ? card.bytes : content.plain,
      version: closing === null ? 0 : sealed.file.version,
      arriving: file.arriving !== null,
      recipients: file.mine ? recipientsOf(file, access, book) : [],
      links: file.mine ? await linksOf(reader, file, access, address) : [],
      problem: null,
    };
  } catch (error) {
    return { ...plain, ...NOTHING, owner: file.owner, recipients: [], links: [], problem: storedProblem(error) };
  }
}

/** Nothing that could be believed. */
const NOTHING = { title: "", files: 0, bytes: null, text: false, version: 0, arriving: false, problem: null };

/** By the signed list and the book; keys that are in no book show as such. */
function recipientsOf(file: WireFile, access: AccessList, book: Book): string[] {
  const strangers = access.recipients.filter((one) => book.byFingerprint(one) === undefined);
  return [...readersOf(file, access, book).map(({ name }) => name), ...strangers.map((one) => `(${hexEncode(one.subarray(0, 4))}…)`)];
}

async function linksOf(reader: Reader, file: WireFile, access: AccessList, address: string): Promise<StoredLink[]> {
  const links: StoredLink[] = [];
  for (const row of file.links ?? []) {
    if (!access.links.some((one) => hexEncode(one) === row.id)) continue; // none of this person's making
    links.push({
      id: row.id, address: await addressOf(reader, file.id, row, address), password: row.password,
      expires: row.expires, downloads: row.downloads, used: row.used,
    });
  }
  return links;
}

async function addressOf({ keys: { identity } }: Reader, file: string, row: LinkRow, address: string): Promise<string> {
  const link = hexDecode(row.id);
  const { secret } = await openLinkSecret(identity, link, hexDecode(file), row.secret);
  return linkText(address, link, secret, identity.fingerprint);
}

async function remember(reader: Reader, book: Book, seen: readonly { readonly sealed: Sealed; readonly access: AccessList }[]): Promise<void> {
  const whole = seen.flatMap(({ sealed, access }) => (sealed.closing === null ? [] : [seenOf(sealed, sealed.closing, access)]));
  const news = whole.filter(({ id, version, access }) => {
    const known = book.file(id);
    return known === undefined || known.version < version || known.access < access;
  });
  if (news.length > 0) await reader.keys.contacts.change((now) => news.reduce((changed, file) => changed.remember(file), now));
}

/** The completed versions of a file as the page shows them, newest first. */
export async function versionsOf(reader: Reader, file: WireFile, owner: Owner, book: Book): Promise<StoredVersion[]> {
  const chain = await history(reader, file, owner, book);
  const versions: StoredVersion[] = [];
  for (const placed of chain.reverse()) versions.push(await versionOf(reader, file, owner, placed));
  return versions;
}

async function versionOf(reader: Reader, file: WireFile, owner: Owner, { wire, error }: Placed): Promise<StoredVersion> {
  const plain = { version: wire.version, committed: wire.committed, kept: wire.kept, readable: wire.wrap !== null };
  const closed = { ...plain, title: "", bytes: null, files: 0 };
  if (error !== null) return { ...closed, problem: storedProblem(error) };
  if (wire.wrap === null) return { ...closed, problem: null };
  try {
    const { card, content } = await reader.sealed(file, wire, owner);
    return { ...plain, title: card.title, bytes: content.plain, files: card.files, problem: null };
  } catch (failed) {
    return { ...closed, problem: storedProblem(failed) };
  }
}
