/** Verified content back into files: cuts the stream at the entries' sizes and fills a shelf. */
import { IntegrityFailed, Interrupted } from "../errors.ts";
import type { SaveInto } from "../transfer/bridge.ts";
import { FileShelf, FolderShelf } from "./folder.ts";
import { LooseShelf, TextShelf, type Delivery, type Shelf, type SinkEntry } from "./shelf.ts";
import type { StoreKind } from "./stores.ts";
import { zipName, ZipShelf } from "./zip.ts";

/** So many loose files are downloads of their own; more, or folders, are one ZIP. */
const MOST_LOOSE = 10;
/** Entries without bytes may be very many: other things (Cancel) get a turn at least so often. */
const BREATH_MILLISECONDS = 100;

/** The shelf for these entries. `growing`: more entries may follow. */
export async function chooseShelf(
  entries: readonly SinkEntry[],
  growing: boolean,
  into: SaveInto | null,
  stores: StoreKind,
): Promise<Shelf> {
  const single = entries.length === 1 && !growing ? entries[0]! : null;
  if (single?.kind === "text") return new TextShelf();
  if (into?.kind === "directory") return new FolderShelf(into as FileSystemDirectoryHandle);
  if (into?.kind === "file" && single?.kind === "file" && !single.path.includes("/")) {
    return new FileShelf(into as FileSystemFileHandle);
  }
  return isLoose(entries, growing) ? new LooseShelf(stores) : ZipShelf.open(zipName(entries), stores);
}

/** Whether these become downloads of their own. */
export function isLoose(entries: readonly SinkEntry[], growing: boolean): boolean {
  return (
    !growing && entries.length <= MOST_LOOSE && entries.every(({ kind, path }) => kind === "file" && !path.includes("/"))
  );
}

/** Takes entries and content in order, each as it becomes known. */
export class Sink {
  private readonly shelf: Shelf;
  private readonly entries: SinkEntry[] = [];
  private readonly sizes: (number | null)[] = [];
  private at = 0; // the entry the next byte belongs to
  private inside = 0; // bytes it has
  private begun = false;
  private readonly unsized = new Set<number>(); // entries whose size is not known yet
  private turn: Promise<void> = Promise.resolve(); // what is being done to the shelf
  private breathed = performance.now();
  private stopped = false;

  constructor(shelf: Shelf) {
    this.shelf = shelf;
  }

  expect(entry: SinkEntry): void {
    if (entry.size === null) this.unsized.add(this.entries.length);
    this.entries.push(entry);
    this.sizes.push(entry.size);
  }

  /** Sizes as known by now, for an entry that was announced without one. */
  sizesKnown(entries: readonly SinkEntry[]): void {
    for (const number of this.unsized) {
      const size = entries[number]?.size ?? null;
      if (size === null) continue;
      this.sizes[number] = size;
      this.unsized.delete(number);
    }
  }

  /** The next bytes of the content. More than the entries hold is `manifest_invalid`. */
  write(bytes: Uint8Array): Promise<void> {
    return (this.turn = this.fill(bytes));
  }

  /** All content came: passes what has no bytes. Fewer bytes than the entries hold is `manifest_invalid`. */
  complete(): Promise<void> {
    return (this.turn = this.settle().then(() => {
      if (this.at < this.entries.length) throw tooMuch();
    }));
  }

  /** Everything verified: hands it over. */
  async finish(): Promise<Delivery> {
    await this.complete();
    return this.shelf.finish();
  }

  /** Gives it up, also in the middle of a `write` or `complete`, which then fails. */
  async abort(): Promise<void> {
    this.stopped = true;
    await this.turn.catch(() => undefined); // else it could still make a file after the others are gone
    await this.shelf.abort();
  }

  private async fill(bytes: Uint8Array): Promise<void> {
    let rest = bytes;
    while (rest.length > 0) {
      await this.settle();
      this.check();
      if (this.at >= this.entries.length) throw tooMuch();
      await this.begin();
      const size = this.sizes[this.at] ?? null;
      const part = size === null ? rest : rest.subarray(0, size - this.inside);
      await this.shelf.write(part);
      this.inside += part.length;
      rest = rest.subarray(part.length);
    }
  }

  /** Ends entries that are complete, and passes those without bytes. */
  private async settle(): Promise<void> {
    while (this.at < this.entries.length) {
      const size = this.sizes[this.at] ?? null;
      if (size === null || this.inside < size) return;
      if (this.inside > size) throw tooMuch();
      await this.breathe();
      await this.begin();
      await this.shelf.end();
      this.at++;
      this.inside = 0;
      this.begun = false;
    }
  }

  private async breathe(): Promise<void> {
    if (performance.now() - this.breathed >= BREATH_MILLISECONDS) {
      await new Promise((resolve) => setTimeout(resolve));
      this.breathed = performance.now();
    }
    this.check();
  }

  private check(): void {
    if (this.stopped) throw new Interrupted("It was given up here.");
  }

  private async begin(): Promise<void> {
    if (this.begun) return;
    this.begun = true;
    await this.shelf.begin(this.entries[this.at]!);
  }
}

function tooMuch(): IntegrityFailed {
  return new IntegrityFailed("The content does not fit its list of files.", { code: "manifest_invalid" });
}
