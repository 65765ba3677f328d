/** Many files as one ZIP (stored, not compressed; ZIP64 where needed), written as the bytes arrive. */
import { makeZip } from "client-zip";
import { LocalPaths } from "./names.ts";
import type { Delivery, Shelf, SinkEntry } from "./shelf.ts";
import type { ByteStore, StoreKind } from "./stores.ts";

/** Named after the one folder everything lies in, if there is one. */
export function zipName(entries: readonly SinkEntry[]): string {
  const tops = new Set(entries.map(({ path }) => path.split("/", 1)[0]!));
  const inFolder = entries.every(({ path, kind }) => path.includes("/") || kind === "directory");
  if (tops.size !== 1 || !inFolder) return "Peerseal files.zip";
  const [top] = tops;
  return `${new LocalPaths().place(top!, true)[0]!}.zip`;
}

interface ZipEntry {
  readonly name: string;
  readonly lastModified: Date;
  readonly input?: AsyncIterable<Uint8Array>;
  readonly size?: number;
}

/** Earliest and latest year a ZIP can tell. */
const FIRST_TIME = Date.UTC(1980, 0, 2);
const LAST_TIME = Date.UTC(2107, 11, 30);

export class ZipShelf implements Shelf {
  private readonly name: string;
  private readonly store: ByteStore;
  private readonly paths = new LocalPaths();
  private readonly entries = new Handover<ZipEntry>();
  private readonly written: Promise<void>;
  private input: Handover<Uint8Array> | null = null;
  private failure: unknown = null;

  private constructor(name: string, store: ByteStore) {
    this.name = name;
    this.store = store;
    this.written = this.pump();
    this.written.catch((error: unknown) => {
      this.failure = error;
      this.entries.close();
      this.input?.close();
    });
  }

  static async open(name: string, stores: StoreKind): Promise<ZipShelf> {
    return new ZipShelf(name, await stores.open());
  }

  async begin(entry: SinkEntry): Promise<void> {
    const folder = entry.kind === "directory";
    const path = this.paths.place(entry.path, folder).join("/");
    const lastModified = new Date(entry.modified === 0 ? Date.now() : Math.min(Math.max(entry.modified, FIRST_TIME), LAST_TIME));
    if (folder) {
      await this.entries.put({ name: `${path}/`, lastModified });
    } else {
      this.input = new Handover();
      const size = entry.size === null ? {} : { size: entry.size };
      await this.entries.put({ name: path, lastModified, input: this.input, ...size });
    }
    this.check();
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.input?.put(bytes);
    this.check();
  }

  end(): Promise<void> {
    this.input?.close();
    this.input = null;
    return Promise.resolve();
  }

  async finish(): Promise<Delivery> {
    this.entries.close();
    await this.written;
    return { downloads: [{ name: this.name, blob: await this.store.finish() }], text: null };
  }

  async abort(): Promise<void> {
    this.failure ??= new Error("aborted");
    this.input?.close();
    this.entries.close();
    await this.store.abort();
  }

  private async pump(): Promise<void> {
    const reader = makeZip(this.entries as AsyncIterable<Required<ZipEntry>>, { buffersAreUTF8: true }).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      if (this.failure !== null) return void (await reader.cancel());
      this.store.write(value);
    }
  }

  private check(): void {
    if (this.failure !== null) throw this.failure as Error;
  }
}

/** One value at a time from a giver to a taker; `put` returns when it was taken and the taker asks for more or ends. */
class Handover<T> implements AsyncIterable<T> {
  private waiting: { readonly value: T; readonly taken: () => void } | null = null;
  private wake: (() => void) | null = null;
  private over = false;

  put(value: T): Promise<void> {
    if (this.over) return Promise.resolve();
    return new Promise((taken) => {
      this.waiting = { value, taken };
      this.wake?.();
    });
  }

  /** No more comes; a value nobody took is dropped. */
  close(): void {
    this.over = true;
    this.waiting?.taken();
    this.wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for (;;) {
      while (this.waiting === null && !this.over) {
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
      }
      if (this.waiting === null) return;
      const { value, taken } = this.waiting;
      this.waiting = null;
      taken();
      yield value;
    }
  }
}
