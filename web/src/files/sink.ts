/** Verified content back into files: cuts the stream at the entries' sizes and fills a shelf. */
import { IntegrityFailed } from "../errors.ts";
import type { SaveInto } from "../transfer/bridge.ts";
import { FileShelf, FolderShelf } from "./folder.ts";
import { LooseShelf, TextShelf, type Delivery, type Shelf, type SinkEntry } from "./shelf.ts";
import type { StoreKind } from "./stores.ts";
import { zipName, ZipShelf } from "./zip.ts";

/** So many loose files are downloads of their own; more, or folders, are one ZIP. */
const MOST_LOOSE = 10;

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

  constructor(shelf: Shelf) {
    this.shelf = shelf;
  }

  expect(entry: SinkEntry): void {
    this.entries.push(entry);
    this.sizes.push(entry.size);
  }

  /** Sizes as known by now, for an entry that was announced without one. */
  sizesKnown(entries: readonly SinkEntry[]): void {
    this.sizes.forEach((size, number) => {
      if (size === null) this.sizes[number] = entries[number]?.size ?? null;
    });
  }

  /** The next bytes of the content. More than the entries hold is `manifest_invalid`. */
  async write(bytes: Uint8Array): Promise<void> {
    let rest = bytes;
    while (rest.length > 0) {
      await this.settle();
      if (this.at >= this.entries.length) throw tooMuch();
      await this.begin();
      const size = this.sizes[this.at] ?? null;
      const part = size === null ? rest : rest.subarray(0, size - this.inside);
      await this.shelf.write(part);
      this.inside += part.length;
      rest = rest.subarray(part.length);
    }
  }

  /** Everything verified: hands it over. Fewer bytes than the entries hold is `manifest_invalid`. */
  async finish(): Promise<Delivery> {
    await this.settle();
    if (this.at < this.entries.length) throw tooMuch();
    return this.shelf.finish();
  }

  abort(): Promise<void> {
    return this.shelf.abort();
  }

  /** Ends entries that are complete, and passes those without bytes. */
  private async settle(): Promise<void> {
    while (this.at < this.entries.length) {
      const size = this.sizes[this.at] ?? null;
      if (size === null || this.inside < size) return;
      if (this.inside > size) throw tooMuch();
      await this.begin();
      await this.shelf.end();
      this.at++;
      this.inside = 0;
      this.begun = false;
    }
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
