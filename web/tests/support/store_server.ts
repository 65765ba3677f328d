/** A server of stored files in memory: what the client's calls and chunks need of one, honest unless a test changes it. */
import type { Api } from "../../src/client/api.ts";
import type { Contacts } from "../../src/client/contacts.ts";
import { ServedKeys } from "../../src/client/served_keys.ts";
import { tokenHash, type Identity } from "../../src/crypto_engine.ts";
import { failure } from "../../src/errors.ts";
import { Book } from "../../src/protocol/book.ts";
import { Keys } from "../../src/transfer/keys.ts";
import { sameBytes, type Bytes } from "../../src/wire/encoding.ts";
import type {
  Commit, LinkRow, LinkWrap, NewFile, NewFileVersion, NewLink, NewVersion, RecipientWrap, Revoke, Share, StoredFile, Version,
} from "../../src/wire/stored.ts";

export const BASE = "http://store.test/";

interface KeptVersion {
  readonly wire: Omit<Version, "wrap"> & { closing: Bytes | null; committed: number | null; state: Version["state"]; card: Bytes; opening: Bytes };
  readonly wraps: Map<string, Bytes>; // by reader, links by "link <id>"
  readonly chunks: Map<string, Bytes>;
}
interface KeptFile {
  readonly id: string;
  readonly owner: string;
  access: Bytes;
  readonly readers: Set<string>;
  readonly links: { readonly row: LinkRow; readonly tokenHash: Bytes }[];
  versions: KeptVersion[];
  expires: number | null;
}

export class StoreServer {
  readonly files = new Map<string, KeptFile>();
  readonly books = new Map<string, Book>();
  readonly asked: string[] = [];
  bundles = new Map<string, Bytes>();
  confirmed = 0;
  private clock = 1;

  /** The signed-in keys of somebody here, who has the others as contacts. */
  async person(user: string, identity: Identity, contacts: Readonly<Record<string, Identity>>): Promise<Keys> {
    let book = Book.EMPTY;
    for (const [name, { bundle }] of Object.entries(contacts)) book = book.pin(name, bundle, 1);
    this.books.set(user, book);
    this.bundles.set(user, identity.bundle.encoded);
    const known = (): Promise<Book> => Promise.resolve(this.books.get(user) ?? Book.EMPTY);
    const change = async (apply: (book: Book) => Book): Promise<Book> => {
      const next = apply(await known());
      this.books.set(user, next);
      return next;
    };
    const fake = { load: known, book: known, change, remember: (seen: Parameters<Book["remember"]>[0]) => change((now) => now.remember(seen)) };
    const api = { call: async (name: string, asked: Readonly<Record<string, unknown>>) => this.call(user, name, asked) };
    return new Keys({
      api: api as unknown as Api, user, name: user, server: new Uint8Array(16), identity,
      contacts: fake as unknown as Contacts, served: new ServedKeys(api as unknown as Api), signal: new AbortController().signal,
    });
  }

  /** One call of the JSON API. */
  async call(user: string, name: string, asked: Readonly<Record<string, unknown>>): Promise<unknown> {
    this.asked.push(name);
    await Promise.resolve();
    const { file: id = "", upload = "", body } = asked as { file?: string; upload?: string; body?: unknown };
    switch (name) {
      case "user_key": return this.key(asked["name"] as string);
      case "new_file": return this.newFile(user, body as NewFile);
      case "new_version": return this.newVersion(this.file(id), body as NewFileVersion, asked["ifMatch"] as number);
      case "store_ticket": return this.ticket(this.version(upload).wire.upload);
      case "commit": return this.commit(user, upload, body as Commit);
      case "abandon": return this.abandon(upload);
      case "file": return this.shown(this.file(id), user);
      case "files": return { files: [...this.files.values()].filter(({ owner, readers }) => owner === user || readers.has(user)).map((one) => this.shown(one, user)), next: null };
      case "versions": return { versions: this.file(id).versions.map((one) => seenBy(one, user)), next: null };
      case "share": return this.share(this.file(id), asked["name"] as string, body as Share);
      case "revoke": return this.revoke(this.file(id), asked["name"] as string, body as Revoke);
      case "new_link": return this.newLink(this.file(id), body as NewLink);
      case "revoke_link": return this.revokeLink(this.file(id), asked["link"] as string, body as Revoke);
      case "delete_file": return void this.files.delete(id);
      case "link": return { password: this.link(asked["link"] as string).row.password };
      case "open_link": return this.openLink(asked["link"] as string, (body as { token: Bytes }).token);
      case "link_ticket": return this.ticket(this.linkVersion(asked["link"] as string).wire.upload);
      case "confirm_link": return void this.confirmed++;
      default: throw new Error(`no call ${name} here`);
    }
  }

  /** One request for a chunk. */
  readonly fetch = async (address: URL, request: RequestInit): Promise<Response> => {
    const [stream, number] = address.pathname.split("/").slice(-2);
    const ticket = new Headers(request.headers).get("Authorization")?.replace("Ticket ", "") ?? "";
    const kept = this.version(ticket);
    const key = `${stream}/${number}`;
    if (request.method === "PUT") {
      kept.chunks.set(key, (request.body as Bytes).slice());
      return new Response(null, { status: 201 });
    }
    const chunk = kept.chunks.get(key);
    if (chunk === undefined) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      return new Response(null, { status: 204 });
    }
    return new Response(chunk, { status: 200, headers: { "Content-Length": String(chunk.length) } });
  };

  file(id: string): KeptFile {
    const file = this.files.get(id);
    if (file === undefined) throw failure("not_found");
    return file;
  }

  only(): KeptFile {
    return [...this.files.values()][0]!;
  }

  version(upload: string): KeptVersion {
    for (const { versions } of this.files.values()) for (const one of versions) if (one.wire.upload === upload) return one;
    throw failure("not_found");
  }

  private key(name: string): { name: string; bundle: Bytes } {
    const bundle = this.bundles.get(name);
    if (bundle === undefined) throw failure("not_found");
    return { name, bundle };
  }

  private ticket(upload: string): { ticket: string; expires: number } {
    return { ticket: upload, expires: 0 };
  }

  private newFile(owner: string, { id, access, recipients, version, expires }: NewFile): unknown {
    const file: KeptFile = { id, owner, access, readers: new Set(recipients.map(({ name }) => name)), links: [], versions: [], expires };
    this.files.set(id, file);
    return this.begin(file, version, recipients, []);
  }

  private newVersion(file: KeptFile, { version, recipients, links }: NewFileVersion, ifMatch: number): unknown {
    if ((current(file)?.wire.version ?? 0) !== ifMatch) throw failure("stale");
    return this.begin(file, version, recipients, links);
  }

  private begin(file: KeptFile, { wrap, open: _open, ...version }: NewVersion, recipients: readonly RecipientWrap[], links: readonly LinkWrap[]): unknown {
    const wraps = new Map([[file.owner, wrap], ...recipients.map((one) => [one.name, one.wrap] as const), ...links.map((one) => [`link ${one.link}`, one.wrap] as const)]);
    const wire = { ...version, state: "arriving" as const, closing: null, kept: true, created: this.clock++, committed: null };
    file.versions.push({ wire, wraps, chunks: new Map() });
    return this.ticket(version.upload);
  }

  private commit(user: string, upload: string, { closing }: Commit): unknown {
    const { wire } = this.version(upload);
    const file = [...this.files.values()].find(({ versions }) => versions.some((one) => one.wire.upload === upload))!;
    if ((current(file)?.wire.version ?? 0) !== wire.version - 1) throw failure("stale");
    Object.assign(wire, { closing, state: "committed", committed: this.clock++ });
    return this.shown(file, user);
  }

  private abandon(upload: string): void {
    for (const [id, file] of this.files) {
      file.versions = file.versions.filter((one) => one.wire.upload !== upload);
      if (file.versions.length === 0) this.files.delete(id);
    }
  }

  private shown(file: KeptFile, user: string): StoredFile {
    const mine = file.owner === user;
    const [now, arriving] = [current(file), file.versions.find(({ wire }) => wire.state === "arriving")];
    return {
      id: file.id, owner: file.owner, mine, access: file.access, expires: file.expires, created: 1,
      current: now === undefined ? null : seenBy(now, user), arriving: arriving === undefined ? null : seenBy(arriving, user),
      recipients: mine ? [...file.readers] : null, links: mine ? file.links.map(({ row }) => row) : null,
    };
  }

  private share(file: KeptFile, name: string, { access, wraps }: Share): void {
    file.access = access;
    file.readers.add(name);
    for (const { upload, wrap } of wraps) this.version(upload).wraps.set(name, wrap);
  }

  private revoke(file: KeptFile, name: string, { access }: Revoke): void {
    if (access !== null) file.access = access;
    file.readers.delete(name);
  }

  private newLink(file: KeptFile, { link, tokenHash: hash, secret, password, wraps, access, expires, downloads }: NewLink): void {
    file.access = access;
    file.links.push({ row: { id: link, secret, password, expires, downloads, used: 0, created: 1 }, tokenHash: hash });
    for (const { upload, wrap } of wraps) this.version(upload).wraps.set(`link ${link}`, wrap);
  }

  private revokeLink(file: KeptFile, link: string, { access }: Revoke): void {
    if (access !== null) file.access = access;
    file.links.splice(file.links.findIndex(({ row }) => row.id === link), 1);
  }

  private link(id: string): KeptFile["links"][number] {
    for (const { links } of this.files.values()) for (const one of links) if (one.row.id === id) return one;
    throw failure("not_found");
  }

  private linkVersion(id: string): KeptVersion {
    this.link(id);
    const file = [...this.files.values()].find(({ links }) => links.some(({ row }) => row.id === id))!;
    return current(file)!;
  }

  private async openLink(id: string, token: Bytes): Promise<unknown> {
    if (!sameBytes(this.link(id).tokenHash, await tokenHash(token))) throw failure("not_found");
    const file = [...this.files.values()].find(({ links }) => links.some(({ row }) => row.id === id))!;
    const version = seenBy(this.linkVersion(id), `link ${id}`);
    return { file: file.id, owner: file.owner, bundle: this.bundles.get(file.owner), version, expires: null, left: null };
  }
}

export function current({ versions }: Pick<KeptFile, "versions">): KeptVersion | undefined {
  return versions.filter(({ wire }) => wire.state === "committed").at(-1);
}

function seenBy({ wire, wraps }: KeptVersion, reader: string): Version {
  return { ...wire, wrap: wraps.get(reader) ?? null };
}

