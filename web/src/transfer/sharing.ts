/** Who else may read a stored file: give it to contacts, make links, take both back, delete it. */
import {
  linkKeys,
  newLinkSecret,
  randomBytes,
  sealLinkSecret,
  tokenHash,
  wrapForLink,
} from "../crypto_engine.ts";
import { NotFound, PeersealError, Refused } from "../errors.ts";
import type { AccessList } from "../protocol/access.ts";
import type { Book } from "../protocol/book.ts";
import { hexDecode, hexEncode, sameBytes } from "../wire/encoding.ts";
import { ID_BYTES } from "../wire/limits.ts";
import type { StoredFile as WireFile, UploadWrap } from "../wire/stored.ts";
import { wrapFor } from "./destination.ts";
import type { Owner, Reader, Sealed } from "./trust.ts";
import { accessSeen, arriving, completed, fetchFile } from "./versions.ts";

const TRIES = 4;

/** One's own file, with what the server says about it checked. */
interface Own {
  readonly file: WireFile;
  readonly book: Book;
  readonly access: AccessList;
  readonly versions: readonly Sealed[]; // the current one, and what is arriving
}

/** What a person wants of a link; `password` "" for none. */
export interface LinkWish {
  readonly expires: number | null;
  readonly downloads: number | null;
  readonly password: string;
}

/** Gives the file's current version, and the one arriving, to a contact too. Raises `key_changed` if they have others now. */
export async function share(reader: Reader, file: string, name: string): Promise<void> {
  const { keys } = reader;
  await change(reader, file, async ({ book, access: before, versions }) => {
    const contact = book.contact(name);
    if (contact === undefined) throw new NotFound(`${name} is not among your contacts.`, { code: "unknown_contact", hint: "Exchange keys with them first." });
    await keys.served.check([contact]);
    const others = before.recipients.filter((one) => !sameBytes(one, contact.fingerprint));
    const access = before.next([...others, contact.fingerprint], before.links);
    const wraps: UploadWrap[] = [];
    for (const { upload, file: { key, id, version } } of versions) wraps.push({ upload, wrap: await wrapFor(keys, contact, key, id, version) });
    await keys.api.call("share", { file, name: contact.name, body: { access: await access.sign(keys.identity), wraps } });
    return access;
  });
}

/** Takes the file back from somebody. What they had the key and records of, they keep. */
export async function unshare(reader: Reader, file: string, name: string): Promise<void> {
  const { api, identity } = reader.keys;
  await change(reader, file, async ({ book, access: before }) => {
    const contact = book.contact(name);
    // Who is not in the book any more is on the list under keys that are in no book either.
    const kept = before.recipients.filter((one) => (contact === undefined ? book.byFingerprint(one) !== undefined : !sameBytes(one, contact.fingerprint)));
    const access = before.next(kept, before.links);
    await api.call("revoke", { file, name: contact?.name ?? name, body: { access: await access.sign(identity) } });
    return access;
  });
}

/** Makes a link to the file's newest version, for people without an account. */
export async function makeLink(reader: Reader, file: string, { expires, downloads, password }: LinkWish): Promise<void> {
  const { api, identity } = reader.keys;
  const [link, secret] = [randomBytes(ID_BYTES), newLinkSecret()];
  const made = await linkKeys(secret, password, link);
  await change(reader, file, async ({ access: before, versions }) => {
    const access = before.next(before.recipients, [...before.links, link]);
    const wraps: UploadWrap[] = [];
    for (const { upload, file: { key, id, version } } of versions) {
      wraps.push({ upload, wrap: await wrapForLink(key, made, id, version, identity.fingerprint) });
    }
    const body = {
      link: hexEncode(link), tokenHash: await tokenHash(made.token), password: password !== "", wraps, expires, downloads,
      secret: await sealLinkSecret(identity, link, hexDecode(file), { secret, m: made.m }), access: await access.sign(identity),
    };
    await api.call("new_link", { file, body });
    return access;
  });
}

/** Takes a link back. */
export async function revokeLink(reader: Reader, file: string, link: string): Promise<void> {
  const { api, identity } = reader.keys;
  await change(reader, file, async ({ access: before }) => {
    const access = before.next(before.recipients, before.links.filter((one) => hexEncode(one) !== link));
    await api.call("revoke_link", { file, link, body: { access: await access.sign(identity) } });
    return access;
  });
}

/** Deletes one's own file for everybody, or leaves somebody else's. */
export async function deleteFile({ keys: { api, user } }: Reader, file: string, mine: boolean): Promise<void> {
  if (mine) await api.call("delete_file", { file });
  else await api.call("revoke", { file, name: user, body: { access: null } });
}

/** Gives up what is arriving of one's own file: its space is free at once. Completed versions stay. */
export async function abandonUpload(reader: Reader, file: string): Promise<void> {
  const { mine, arriving } = await fetchFile(reader, file);
  if (!mine) throw new Refused("Only its owner may give up an upload.", { code: "not_yours" });
  if (arriving !== null) await reader.keys.api.call("abandon", { upload: arriving.upload });
}

/** Until when one's own file is kept. */
export async function setExpiry(reader: Reader, file: string, expires: number | null): Promise<void> {
  const { current } = await fetchFile(reader, file);
  await reader.keys.api.call("change_file", { file, body: { expires }, ifMatch: current?.version ?? 0 });
}

/** Applies a change to the newest access list, again if another device was quicker; the book notes the new counter. */
async function change(reader: Reader, file: string, apply: (own: Own) => Promise<AccessList>): Promise<void> {
  for (let tries = 1; ; tries++) {
    const book = await reader.keys.contacts.load();
    const wire = await fetchFile(reader, file);
    if (!wire.mine) throw new Refused("Only its owner says who may read a file.", { code: "not_yours" });
    const owner: Owner = await reader.owner(wire, book);
    const before = await reader.access(wire, owner, book);
    const current = await completed(reader, wire, owner, book);
    const coming = await arriving(reader, wire, owner, book, current);
    try {
      const versions = [current, coming].filter((one) => one !== null);
      const access = await apply({ file: wire, book, access: before, versions });
      await reader.keys.contacts.remember(accessSeen(access, owner, current));
      return;
    } catch (error) {
      if (!(error instanceof PeersealError && error.code === "stale_access") || tries === TRIES) throw error;
    }
  }
}
