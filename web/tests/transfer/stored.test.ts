/** Stored files from one person to another over a server in memory: every size, every way, and a server that lies. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { LinkVisit } from "../../src/transfer/by_link.ts";
import type { Api } from "../../src/client/api.ts";
import { readLink } from "../../src/crypto_engine.ts";
import { openStoreKind } from "../../src/files/stores.ts";
import { textSource, type Source } from "../../src/files/source.ts";
import { newFileFor, nextVersionOf } from "../../src/transfer/destination.ts";
import { download, type Origin } from "../../src/transfer/download.ts";
import type { Keys } from "../../src/transfer/keys.ts";
import { storedSource } from "../../src/transfer/reseal.ts";
import { abandonUpload, makeLink, revokeLink, share, unshare } from "../../src/transfer/sharing.ts";
import { shelf, versionsOf, type ShelfItem } from "../../src/transfer/shelf.ts";
import { Reader, type Sealed } from "../../src/transfer/trust.ts";
import { upload } from "../../src/transfer/upload.ts";
import { fetchFile, newest, numbered, seenOf } from "../../src/transfer/versions.ts";
import { ChunkStore } from "../../src/transport/store.ts";
import { Tickets } from "../../src/transport/tickets.ts";
import { readClosing } from "../../src/protocol/heads.ts";
import type { Bytes } from "../../src/wire/encoding.ts";
import type { StoredFile, StoredFiles } from "../../src/wire/stored.ts";
import { codeOfPromise } from "../support/codes.ts";
import { ada, bert, carl } from "../support/people.ts";
import { BASE, StoreServer, current } from "../support/store_server.ts";

const RECORD = 64;
const NOBODY = { begun: () => undefined, at: () => undefined };
const never = new AbortController().signal;
const stores = await openStoreKind();

let server: StoreServer;
let sender: Keys;
let receiver: Keys;
let mine: Reader;
let theirs: Reader;

beforeEach(async () => {
  server = new StoreServer();
  sender = await server.person("ada", ada, { bert, carl });
  receiver = await server.person("bert", bert, { ada, carl });
  [mine, theirs] = [new Reader(sender), new Reader(receiver)];
  vi.stubGlobal("fetch", server.fetch);
});
afterEach(() => {
  vi.unstubAllGlobals();
});

function noise(size: number): Bytes {
  return Uint8Array.from({ length: size }, (_, at) => (at * 31 + (at >> 8)) & 255);
}

/** Files of these contents, in pieces of odd sizes. */
function source(...files: readonly (readonly [path: string, content: Bytes])[]): Source {
  const entries = files.map(([path, { length }]) => ({ path, kind: "file" as const, size: length, modified: 0, mediaType: "" }));
  return {
    entries,
    bytes: files.reduce((sum, [, { length }]) => sum + length, 0),
    async *content() {
      for (const [, content] of files) for (let at = 0; at < content.length; at += 37) yield await Promise.resolve(content.subarray(at, at + 37));
    },
  };
}

async function leave(what: Source, to: readonly string[] = ["bert"], signal = never): Promise<void> {
  await upload(sender, BASE, { source: what, title: "a title", destination: await newFileFor(sender, to, null), recordSize: RECORD }, NOBODY, signal);
}

async function update(what: Source): Promise<void> {
  const destination = await nextVersionOf(mine, server.only().id);
  await upload(sender, BASE, { source: what, title: "a title", destination, recordSize: RECORD }, NOBODY, never);
}

function originOf(reader: Reader, sealed: Sealed): Origin {
  const id = server.only().id;
  return {
    base: BASE,
    tickets: new Tickets(() => Promise.resolve({ ticket: sealed.upload, expires: 0 })),
    again: async () => {
      const { current: now } = await fetchFile(reader, id);
      return now?.closing == null ? null : readClosing(now.closing, sealed.owner.bundle, sealed.opening);
    },
  };
}

/** What a reader gets of the only file, by name; remembered as the page does. */
async function fetched(reader: Reader, version: number | null = null): Promise<Record<string, Bytes | string>> {
  const book = await reader.keys.contacts.load();
  const wire = await fetchFile(reader, server.only().id);
  const owner = await reader.owner(wire, book);
  const access = await reader.access(wire, owner, book);
  const sealed = version === null ? await newest(reader, wire, owner, book) : await numbered(reader, wire, owner, book, version);
  const ears = { listed: () => undefined, at: () => undefined, saving: () => undefined };
  const { delivery, closing } = await download(sealed, originOf(reader, sealed), { into: null, stores }, ears, never);
  if (version === null) await reader.keys.contacts.remember(seenOf(sealed, closing, access));
  if (delivery.text !== null) return { text: delivery.text };
  const files = await Promise.all(delivery.downloads.map(async ({ name, blob }) => [name, new Uint8Array(await blob.arrayBuffer())] as const));
  return Object.fromEntries(files);
}

async function shown(reader: Reader): Promise<ShelfItem> {
  const [item] = await shelf(reader, BASE);
  return item!;
}

describe("from hand to hand", () => {
  test.each([0, 1, 63, 64, 65, 16 * 64 - 1, 16 * 64, 16 * 64 + 1, 5 * 16 * 64, 5 * 16 * 64 + 7])("%d bytes arrive as they were", async (size) => {
    await leave(source(["a.bin", noise(size)]));
    expect(await fetched(theirs)).toEqual({ "a.bin": noise(size) });
  });

  test("several files, empty ones between them, and unicode names", async () => {
    await leave(source(["ä 日本.txt", noise(100)], ["leer", noise(0)], ["b", noise(3000)]));
    expect(await fetched(theirs)).toEqual({ "ä 日本.txt": noise(100), leer: noise(0), b: noise(3000) });
  });

  test("so many files that their list takes many chunks", async () => {
    const many = Array.from({ length: 9 }, (_, at) => [`${"long name ".repeat(25)}${at}`, noise(at * 50)] as const);
    await leave(source(...many));
    expect([...current(server.only())!.chunks.keys()].filter((name) => name.startsWith("manifest")).length).toBeGreaterThan(2);
    expect(await fetched(theirs)).toEqual(Object.fromEntries(many.map(([name, content]) => [name, content])));
  });

  test("a text", async () => {
    await leave(textSource("two\nlines 🌿"));
    expect(await fetched(theirs)).toEqual({ text: "two\nlines 🌿" });
    expect(await shown(theirs)).toMatchObject({ text: true, owner: "ada", ownerTrust: "pinned", version: 1, problem: null });
  });

  test("for oneself alone, nobody else has the key", async () => {
    await leave(source(["a", noise(10)]), []);
    expect(await fetched(mine)).toEqual({ a: noise(10) });
    expect([...current(server.only())!.wraps.keys()]).toEqual(["ada"]);
  });

  test("a download begun while the upload is under way ends with it", async () => {
    const gate: { open: () => void } = { open: () => undefined };
    const opened = new Promise<void>((resolve) => (gate.open = resolve));
    const slow = { ...source(["a", noise(5000)]), async *content() { yield noise(5000).subarray(0, 2500); await opened; yield noise(5000).subarray(2500); } };
    const leaving = leave(slow);
    await vi.waitFor(() => { expect(server.files.size).toBe(1); });
    expect(await shown(theirs)).toMatchObject({ version: 0, arriving: true, problem: null });
    const fetching = fetched(theirs);
    await new Promise((resolve) => setTimeout(resolve, 30));
    gate.open();
    await leaving;
    expect(await fetching).toEqual({ a: noise(5000) });
  });

  test("an upload that is cancelled, or whose source fails, is abandoned", async () => {
    const stopping = new AbortController();
    const stuck = { ...source(["a", noise(5000)]), async *content() { yield noise(100); stopping.abort(new Error("stopped")); yield noise(4900); } };
    await expect(leave(stuck, ["bert"], stopping.signal)).rejects.toThrow("stopped");
    const broken = { ...source(["a", noise(5000)]), async *content() { yield await Promise.resolve(noise(100)); throw new Error("gone"); } };
    await expect(leave(broken)).rejects.toThrow("gone");
    expect(server.files.size).toBe(0);
  });

  test("an interrupted next version can be given up, and what is complete stays", async () => {
    await leave(source(["a", noise(50)]));
    const id = server.only().id;
    const stopping = new AbortController();
    const stuck = { ...source(["a", noise(5000)]), async *content() {
      yield noise(100);
      expect((await shown(mine)).arriving).toBe(true);
      expect(await codeOfPromise(abandonUpload(theirs, id))).toBe("not_yours");
      await abandonUpload(mine, id);
      stopping.abort(new Error("stopped"));
      yield noise(4900);
    } };
    const destination = await nextVersionOf(mine, id);
    await expect(upload(sender, BASE, { source: stuck, title: "a", destination, recordSize: RECORD }, NOBODY, stopping.signal)).rejects.toThrow("stopped");
    expect(await shown(mine)).toMatchObject({ arriving: false, version: 1 });
    expect(await fetched(theirs)).toEqual({ a: noise(50) });
    await abandonUpload(mine, id); // nothing arrives any more: nothing to do
  });

  test("nothing is sealed for somebody whose keys are not in the book", async () => {
    expect(await codeOfPromise(leave(source(["a", noise(1)]), ["mallory"]))).toBe("unknown_contact");
    expect(server.asked).toEqual([]);
  });
});

describe("a contact whose keys the server shows to be others now", () => {
  const changed = (): void => void server.bundles.set("bert", carl.bundle.encoded);

  test("gets nothing sealed, and the others neither", async () => {
    changed();
    expect(await codeOfPromise(leave(source(["a", noise(10)]), ["carl", "bert"]))).toBe("key_changed");
    expect(server.asked).not.toContain("new_file");
    expect([...sender.served.offered(await sender.contacts.load()).keys()]).toEqual(["bert"]);
  });

  test("gets no next version, and cannot be given a file", async () => {
    await leave(source(["a", noise(10)]));
    vi.spyOn(performance, "now").mockReturnValue(performance.now() + 60_000); // what was seen a minute ago does not count
    changed();
    expect(await codeOfPromise(update(source(["a", noise(20)])))).toBe("key_changed");
    await unshare(mine, server.only().id, "bert");
    expect(await codeOfPromise(share(mine, server.only().id, "bert"))).toBe("key_changed");
    expect(server.asked).not.toContain("new_version");
    expect(server.asked).not.toContain("share");
    vi.restoreAllMocks();
  });
});

describe("versions", () => {
  test.each([0, 1, 64, 16 * 64])("an old one of %d bytes can be made the newest", async (size) => {
    await leave(source(["a", noise(size)]));
    await update(source(["a", noise(7)]));
    const wire = await fetchFile(mine, server.only().id);
    const book = await sender.contacts.load();
    const old = await numbered(mine, wire, await mine.owner(wire, book), book, 1);
    await update(await storedSource(old, new ChunkStore(BASE, originOf(mine, old).tickets, { signal: never })));
    expect(await fetched(theirs)).toEqual({ a: noise(size) });
  });

  test("the next one has a key of its own and everybody's wraps; an old one can be read and made the newest", async () => {
    await leave(source(["a", noise(100)]));
    await makeLink(mine, server.only().id, { expires: null, downloads: null, password: "" });
    await update(source(["a", noise(2000)]));
    expect([...current(server.only())!.wraps.keys()].map((name) => name.split(" ")[0])).toEqual(["ada", "bert", "link"]);
    expect(await fetched(theirs)).toEqual({ a: noise(2000) });
    expect(await fetched(theirs, 1)).toEqual({ a: noise(100) });
    const book = await sender.contacts.load();
    const wire = await fetchFile(mine, server.only().id);
    const owner = await mine.owner(wire, book);
    const old = await numbered(mine, wire, owner, book, 1);
    const restored = await storedSource(old, new ChunkStore(BASE, originOf(mine, old).tickets, { signal: never }));
    await update(restored);
    expect(await fetched(theirs)).toEqual({ a: noise(100) });
    const versions = await versionsOf(theirs, await fetchFile(theirs, wire.id), await theirs.owner(await fetchFile(theirs, wire.id), await receiver.contacts.load()), await receiver.contacts.load());
    expect(versions.map(({ version, bytes, problem }) => [version, bytes, problem])).toEqual([[3, 100, null], [2, 2000, null], [1, 100, null]]);
  });

  test("who comes second with the same next version is told, and nothing of the first is lost", async () => {
    await leave(source(["a", noise(10)]));
    const second = await nextVersionOf(mine, server.only().id);
    await update(source(["a", noise(20)]));
    const late = upload(sender, BASE, { source: source(["a", noise(30)]), title: "", destination: second, recordSize: RECORD }, NOBODY, never);
    await expect(late).rejects.toThrow("Version 2 of this file came first");
    expect(await fetched(mine)).toEqual({ a: noise(20) });
  });
});

describe("who may read", () => {
  test("shared with one more, taken back from another", async () => {
    await leave(source(["a", noise(10)]));
    const id = server.only().id;
    await share(mine, id, "carl");
    expect((await shown(mine)).recipients).toEqual(["bert", "carl"]);
    const third = new Reader(await server.person("carl", carl, { ada }));
    expect(await fetched(third)).toEqual({ a: noise(10) });
    await unshare(mine, id, "bert");
    expect((await shown(mine)).recipients).toEqual(["carl"]);
    await update(source(["a", noise(20)]));
    expect(current(server.only())!.wraps.has("bert")).toBe(false);
  });

  test("a link shows its address again, opens with its password alone, and is gone when revoked", async () => {
    await leave(source(["a", noise(3000)]), []);
    const id = server.only().id;
    await makeLink(mine, id, { expires: null, downloads: null, password: "harbor" });
    const [link] = (await shown(mine)).links;
    const api = { call: (name: string, asked: Record<string, unknown>) => server.call("", name, asked) } as unknown as Api;
    const visit = new LinkVisit(BASE, readLink(link!.address), api);
    expect(await visit.hasPassword()).toBe(true);
    expect(await codeOfPromise(visit.open("velvet"))).toBe("wrong_password");
    const { sealed } = await visit.open("harbor");
    const ears = { listed: () => undefined, at: () => undefined, saving: () => undefined };
    const { delivery } = await download(sealed, visit.origin(sealed), { into: null, stores }, ears, never);
    expect(new Uint8Array(await delivery.downloads[0]!.blob.arrayBuffer())).toEqual(noise(3000));
    await visit.confirm();
    expect(server.confirmed).toBe(1);
    server.bundles.set("ada", carl.bundle.encoded);
    expect(await codeOfPromise(visit.open("harbor"))).toBe("unknown_owner");
    await revokeLink(mine, id, link!.id);
    expect((await shown(mine)).links).toEqual([]);
    expect(await codeOfPromise(visit.hasPassword())).toBe("not_found");
  }, 60_000);
});

describe("a server that lies is told apart, and nothing is kept", () => {
  /** From now on the server says this of every file. */
  const lies = (said: Partial<StoredFile>): void => {
    const honest = StoreServer.prototype.call.bind(server);
    server.call = async (user, name, asked) => {
      const answer = await honest(user, name, asked);
      if (name === "file") return { ...(answer as StoredFile), ...said };
      if (name === "files") return { files: (answer as StoredFiles).files.map((file) => ({ ...file, ...said })), next: null };
      return answer;
    };
  };
  const said = async (reader = theirs): Promise<string> => {
    const { problem, title, version } = await shown(reader);
    expect([title, version]).toEqual(["", 0]);
    return problem?.message ?? "";
  };

  test("another file in this one's place: swapped", async () => {
    await leave(source(["a", noise(10)]));
    const [first] = [server.only()];
    await leave(source(["b", noise(10)]));
    const other = [...server.files.values()][1]!;
    first.versions = other.versions;
    expect((await shelf(theirs, BASE))[0]?.problem?.message).toContain("another file or version");
  });

  test("another key: swapped", async () => {
    await leave(source(["a", noise(10)]));
    const wrap = current(server.only())!.wraps.get("bert")!;
    wrap[wrap.length - 1]! ^= 1;
    expect(await said()).toContain("swapped");
  });

  test("another title: renamed", async () => {
    await leave(source(["a", noise(10)]));
    current(server.only())!.wire.card[40]! ^= 1;
    expect(await said()).toContain("renamed");
  });

  test("an older version: rolled back, also for one's own eyes", async () => {
    await leave(source(["a", noise(10)]));
    await update(source(["a", noise(20)]));
    await fetched(theirs);
    server.only().versions.pop();
    expect(await said()).toContain("rolled back");
    expect(await said(mine)).toContain("rolled back");
    expect(await codeOfPromise(fetched(theirs))).toBe("rolled_back");
  });

  test.each(["whole", "without its closing head"])("an old version said to be arriving, %s, is given to nobody", async (how) => {
    await leave(source(["a", noise(10)]), []);
    const { id } = server.only();
    const old = (await fetchFile(mine, id)).current!;
    await update(source(["a", noise(20)]));
    const said = how === "whole" ? old : { ...old, closing: null, state: "arriving" as const, committed: null };
    lies({ arriving: said });
    expect(await codeOfPromise(makeLink(mine, id, { expires: null, downloads: null, password: "" }))).toBe("rolled_back");
    expect(await codeOfPromise(share(mine, id, "bert"))).toBe("rolled_back");
    expect(server.asked).not.toContain("new_link");
    expect(server.asked).not.toContain("share");
    const [item] = await shelf(mine, BASE);
    expect(item?.problem?.code).toBe("rolled_back");
  });

  test("a file whose versions are withheld gets no second first one", async () => {
    await leave(source(["a", noise(10)]), []);
    const { id } = server.only();
    const first = (await fetchFile(mine, id)).current!;
    for (const arriving of [null, { ...first, closing: null, state: "arriving" as const, committed: null }]) {
      lies({ current: null, arriving });
      expect(await codeOfPromise(update(source(["a", noise(20)])))).toBe("rolled_back");
      expect(await codeOfPromise(makeLink(mine, id, { expires: null, downloads: null, password: "" }))).toBe("rolled_back");
      expect(await codeOfPromise(share(mine, id, "bert"))).toBe("rolled_back");
      expect(await codeOfPromise(fetched(mine))).toBe("rolled_back");
      expect(await said(mine)).toContain("rolled back");
    }
    for (const call of ["new_version", "new_link", "share"]) expect(server.asked).not.toContain(call);
  });

  test("a version whose card is not that of its files is not made the newest", async () => {
    await leave(source(["a", noise(10)]));
    const [wire, book] = [await fetchFile(mine, server.only().id), await sender.contacts.load()];
    const sealed = await newest(mine, wire, await mine.owner(wire, book), book);
    const store = new ChunkStore(BASE, originOf(mine, sealed).tickets, { signal: never });
    expect(await codeOfPromise(storedSource(sealed, store))).toBe("ok");
    const lying = { ...sealed, card: { ...sealed.card, files: 2 } };
    expect(await codeOfPromise(storedSource(lying, store))).toBe("manifest_invalid");
  });

  test("an older list of readers: rolled back", async () => {
    await leave(source(["a", noise(10)]));
    const before = server.only().access;
    await share(mine, server.only().id, "carl");
    await shelf(theirs, BASE);
    server.only().access = before;
    expect(await said()).toContain("rolled back");
  });

  test("signed by somebody else: injected", async () => {
    await leave(source(["a", noise(10)]));
    const [file] = [server.only()];
    server.files.set(file.id, { ...file, owner: "carl" });
    expect(await said()).toContain("injected");
  });

  test("from a stranger: said so, and never opened", async () => {
    await leave(source(["a", noise(10)]));
    server.files.set(server.only().id, { ...server.only(), owner: "mallory" });
    expect(await said()).toContain("not among your contacts");
    expect((await shown(theirs)).ownerTrust).toBe("unknown");
    expect(await codeOfPromise(fetched(theirs))).toBe("unknown_owner");
  });

  test("a reader who is not on the owner's list is told", async () => {
    await leave(source(["a", noise(10)]));
    const { access } = server.only();
    await unshare(mine, server.only().id, "bert");
    server.only().readers.add("bert");
    expect(await said()).toContain("does not name you");
    expect((await shown(theirs)).problem?.hint).toContain("If you made new keys, this is from before them");
    expect(access).not.toEqual(server.only().access);
  });

  test.each(["content/0", "content/2", "manifest/0"])("a changed %s is refused", async (chunk) => {
    await leave(source(["a", noise(5000)]));
    current(server.only())!.chunks.get(chunk)![50]! ^= 1;
    expect(await codeOfPromise(fetched(theirs))).toBe("not_authentic");
  });

  test("two chunks in each other's place are refused", async () => {
    await leave(source(["a", noise(5000)]));
    const { chunks } = current(server.only())!;
    const [one, other] = [chunks.get("content/0")!, chunks.get("content/1")!];
    chunks.set("content/0", other).set("content/1", one);
    expect(await codeOfPromise(fetched(theirs))).toBe("not_authentic");
  });

  test("a content that is cut off with its sizes is refused before anything is fetched", async () => {
    await leave(source(["a", noise(5000)]));
    const kept = current(server.only())!;
    Object.assign(kept.wire, { contentBytes: 16 * (RECORD + 28) });
    expect(await said()).not.toBe("");
    expect(await codeOfPromise(fetched(theirs))).toBe("malformed");
  });

  test("a version that is taken out of the history breaks it", async () => {
    await leave(source(["a", noise(10)]));
    await update(source(["a", noise(20)]));
    await update(source(["a", noise(30)]));
    const file = server.only();
    file.versions.splice(1, 1);
    const [wire, book] = [await fetchFile(theirs, file.id), await receiver.contacts.load()];
    const versions = await versionsOf(theirs, wire, await theirs.owner(wire, book), book);
    expect(versions.map(({ version, problem }) => [version, problem?.code ?? null])).toEqual([[3, "rolled_back"], [1, null]]);
  });
});
