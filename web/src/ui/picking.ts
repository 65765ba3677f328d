/** From what a person picked, dropped or pasted to items with relative paths. */
import type { OutgoingItem } from "../transfer/state.ts";

const MOST_ENTRIES = 1_000_000; // a manifest holds no more

/** Files of a file input; a folder input gives relative paths, in an order of its own, so they are sorted. */
export function fromInput(files: FileList): readonly OutgoingItem[] {
  const order = new Intl.Collator(undefined, { numeric: true });
  return Array.from(files, (file) => ({ path: file.webkitRelativePath || file.name, file })).sort((a, b) =>
    order.compare(a.path, b.path),
  );
}

/** Everything in a drop or paste. Reads folders in depth; call it before the event returns. */
export async function fromTransfer(transfer: DataTransfer): Promise<readonly OutgoingItem[]> {
  const entries: FileSystemEntry[] = [];
  const loose: OutgoingItem[] = [];
  for (const item of transfer.items) {
    if (item.kind !== "file") continue;
    const entry = item.webkitGetAsEntry();
    const file = item.getAsFile();
    if (entry?.isDirectory === true) entries.push(entry);
    else if (file !== null) loose.push({ path: file.name, file });
  }
  const found: OutgoingItem[] = [...loose];
  for (const entry of entries) await walk(entry, entry.name, found);
  return found;
}

async function walk(entry: FileSystemEntry, path: string, found: OutgoingItem[]): Promise<void> {
  if (found.length >= MOST_ENTRIES) return;
  if (isFile(entry)) {
    const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject));
    found.push({ path, file });
    return;
  }
  if (!isDirectory(entry)) return;
  const children = await childrenOf(entry);
  if (children.length === 0) found.push({ path, file: null });
  for (const child of children) await walk(child, `${path}/${child.name}`, found);
}

async function childrenOf(directory: FileSystemDirectoryEntry): Promise<readonly FileSystemEntry[]> {
  const reader = directory.createReader();
  const children: FileSystemEntry[] = [];
  while (children.length < MOST_ENTRIES) {
    // Browsers hand out a directory in batches (Chromium: 100); an empty batch is the end.
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (batch.length === 0) break;
    children.push(...batch);
  }
  return children;
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}

function isDirectory(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory;
}

/** Put new items behind those already there. The same file twice is one; another file of that name gets a number. */
export function merged(older: readonly OutgoingItem[], newer: readonly OutgoingItem[]): readonly OutgoingItem[] {
  const all = new Map(older.map((item) => [item.path, item]));
  for (const item of newer) {
    let path = item.path;
    for (let copy = 1; all.has(path) && !isSame(all.get(path), item); copy += 1) path = numbered(item.path, copy);
    all.set(path, { path, file: item.file });
  }
  return [...all.values()];
}

function isSame(a: OutgoingItem | undefined, b: OutgoingItem): boolean {
  return a?.file?.size === b.file?.size && a?.file?.lastModified === b.file?.lastModified;
}

function numbered(path: string, copy: number): string {
  const name = path.lastIndexOf("/") + 1;
  const dot = path.lastIndexOf(".");
  const end = dot > name ? dot : path.length;
  return `${path.slice(0, end)} (${copy})${path.slice(end)}`;
}

export interface Pile {
  readonly name: string; // a file, or a folder with everything in it
  readonly folder: boolean;
  readonly count: number;
  readonly bytes: number;
}

/** What lies ready, one line per file and per folder. */
export function piles(items: readonly OutgoingItem[]): readonly Pile[] {
  const found = new Map<string, Pile>();
  for (const item of items) {
    const cut = item.path.indexOf("/");
    const folder = cut > 0 || item.file === null;
    const name = cut > 0 ? item.path.slice(0, cut) : item.path;
    const before = found.get(name);
    found.set(name, {
      name,
      folder,
      count: (before?.count ?? 0) + (item.file === null ? 0 : 1),
      bytes: (before?.bytes ?? 0) + (item.file?.size ?? 0),
    });
  }
  return [...found.values()];
}

/** Take one pile away again. */
export function without(items: readonly OutgoingItem[], pile: string): readonly OutgoingItem[] {
  return items.filter((item) => item.path !== pile && !item.path.startsWith(`${pile}/`));
}
