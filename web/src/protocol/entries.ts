/** What a manifest may list, and which entries may stand together: one place for its writer and its reader. */
import { IntegrityFailed } from "../errors.ts";
import { ENTRIES_MAX, FOLDERS_MAX, INTEGER_MAX } from "../wire/limits.ts";
import type { EntryKind, Preview } from "./control.ts";

export interface Entry {
  readonly kind: EntryKind;
  readonly path: string; // "" for a text
  readonly size: number | null; // bytes; null: given later
  readonly modified: number; // milliseconds since 1970 UTC, 0: not told
  readonly executable: boolean;
  readonly mediaType: string; // "": not told
}

/** What a writer needs of an entry; the rest is "not told". */
export type NewEntry = Pick<Entry, "kind" | "path" | "size"> & Partial<Entry>;

/**
 * Every entry so far; adding one that may not stand beside them raises `manifest_invalid`, one that needs too many
 * folders `limit`. `mostFiles`: as many files and texts may come, null for no bound but the format's.
 */
export class Rules {
  readonly open: boolean;
  readonly entries: Entry[] = [];
  readonly #mostFiles: number | null;
  readonly #paths = new Map<string, EntryKind>();
  readonly #parents = new Set<string>();
  #files = 0;
  #folders = 0; // distinct: entries of their own and parents of any entry
  #sum = 0;
  #placed = 0;
  #late = -1; // number of the entry whose size is or was given later
  #beforeLate = 0; // content bytes before that entry

  constructor(open: boolean, mostFiles: number | null = null) {
    this.open = open;
    this.#mostFiles = mostFiles;
  }

  /** Sum of the sizes known so far. */
  get sum(): number {
    return this.#sum;
  }

  /** A size is still to come. */
  get waiting(): boolean {
    return this.#late >= 0 && this.entries[this.#late]?.size === null;
  }

  /** Takes one entry that is well-formed by itself. */
  add(entry: Entry): void {
    if (this.entries.length === ENTRIES_MAX) throw invalid("too many entries");
    const first = this.entries[0];
    if (first !== undefined && (first.kind === "text" || entry.kind === "text")) throw invalid("a text beside another entry");
    if (entry.kind !== "directory" && ++this.#files > (this.#mostFiles ?? ENTRIES_MAX)) throw invalid("more files than were offered");
    if (entry.kind !== "text") this.#addPath(entry.path, entry.kind);
    if (entry.size === null) this.#leaveOpen();
    else this.#addSize(entry.size);
    this.entries.push(entry);
  }

  giveSize(number: number, size: number): void {
    const entry = this.entries[number];
    if (entry === undefined || entry.size !== null) throw invalid("a size for an entry that has one");
    // Until now everything behind its start was placed in this entry.
    if (this.#placed > this.#beforeLate + size) throw invalid("a size below what was placed");
    this.#addSize(size);
    this.entries[number] = { ...entry, size };
  }

  /** `length` more content bytes came. */
  place(length: number): void {
    this.#placed += length;
    if (!this.waiting && this.#placed > this.#sum) throw invalid("content that belongs to no entry");
  }

  /** The first entries as they were written: a size given later shows as such. */
  preview(count: number): Preview[] {
    return this.entries
      .slice(0, count)
      .map(({ path, size, kind }, at) => ({ path, size: at === this.#late ? null : size, kind }));
  }

  #leaveOpen(): void {
    if (!this.open || this.#late >= 0) throw invalid("a size given later where none may be");
    this.#late = this.entries.length;
    this.#beforeLate = this.#sum;
  }

  #addSize(size: number): void {
    this.#sum += size;
    if (this.#sum > INTEGER_MAX) throw invalid("a sum out of range");
  }

  #addPath(path: string, kind: EntryKind): void {
    if (this.#paths.has(path)) throw invalid("a path that appears twice");
    if (kind === "file" && this.#parents.has(path)) throw invalid("a path that is file and folder");
    this.#paths.set(path, kind);
    if (kind === "directory" && !this.#parents.has(path)) this.#addFolder();
    for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
      const parent = path.slice(0, end);
      if (this.#paths.get(parent) === "file") throw invalid("a path that is file and folder");
      if (this.#parents.has(parent)) break; // its own parents were looked at then
      this.#parents.add(parent);
      if (!this.#paths.has(parent)) this.#addFolder();
    }
  }

  /** A few bytes of manifest can ask for a folder on the receiver's disk, so folders have a bound of their own. */
  #addFolder(): void {
    if (++this.#folders > FOLDERS_MAX) throw new IntegrityFailed("a manifest of too many folders", { code: "limit" });
  }
}

/** The error for a manifest that breaks a rule. */
export function invalid(why: string): IntegrityFailed {
  return new IntegrityFailed(`the manifest does not hold: ${why}`, { code: "manifest_invalid" });
}
