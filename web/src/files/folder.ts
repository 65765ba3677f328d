/** Into a folder or file the person picked (File System Access): real folders, real files.
 *
 * A file grows under a `.part` name and gets its own only when the whole transfer verified. What is there already is
 * never replaced.
 */
import { LocalFileFailed } from "../errors.ts";
import { LocalPaths, numbered } from "./names.ts";
import type { Delivery, Shelf, SinkEntry } from "./shelf.ts";

const NOTHING: Delivery = { downloads: [], text: null };
const MOST_TRIES = 1_000;

type Renames = FileSystemFileHandle & { move?(name: string): Promise<void> };

interface Placed {
  readonly folder: FileSystemDirectoryHandle;
  readonly part: FileSystemFileHandle;
  readonly name: string;
}

export class FolderShelf implements Shelf {
  private readonly root: FileSystemDirectoryHandle;
  private readonly paths = new LocalPaths();
  /** Wire top name and kind → the name it has here, which was free. */
  private readonly tops = new Map<string, string>();
  private readonly given = new Set<string>();
  private readonly made: string[] = [];
  private readonly placed: Placed[] = [];
  private writable: FileSystemWritableFileStream | null = null;

  constructor(root: FileSystemDirectoryHandle) {
    this.root = root;
  }

  async begin(entry: SinkEntry): Promise<void> {
    const isFolder = entry.kind === "directory";
    const [top, ...rest] = this.paths.place(entry.path, isFolder);
    const topIsFolder = isFolder || rest.length > 0;
    const components = [await this.freeTop(top!, topIsFolder), ...rest];
    let folder = this.root;
    for (const component of isFolder ? components : components.slice(0, -1)) {
      folder = await this.guard(folder.getDirectoryHandle(component, { create: true }));
    }
    if (isFolder) return;
    const name = components.at(-1)!;
    const part = await this.guard(folder.getFileHandle(`.peerseal-${String(this.placed.length)}.part`, { create: true }));
    this.placed.push({ folder, part, name });
    this.writable = await this.guard(part.createWritable());
  }

  async write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    await this.guard(this.writable!.write(bytes));
  }

  async end(): Promise<void> {
    if (this.writable !== null) await this.guard(this.writable.close());
    this.writable = null;
  }

  async finish(): Promise<Delivery> {
    for (const { folder, part, name } of this.placed) await this.guard(rename(folder, part, name));
    return NOTHING;
  }

  async abort(): Promise<void> {
    await this.writable?.abort().catch(() => undefined);
    for (const { folder, part } of this.placed) await folder.removeEntry(part.name).catch(() => undefined);
    for (const top of this.made) await this.root.removeEntry(top, { recursive: true }).catch(() => undefined);
  }

  /** A top name nobody uses in the folder yet. */
  private async freeTop(top: string, folder: boolean): Promise<string> {
    const key = `${folder ? "d" : "f"}${top}`;
    const known = this.tops.get(key);
    if (known !== undefined) return known;
    for (let number = 0; number < MOST_TRIES; number++) {
      const name = numbered(top, number, folder);
      if (this.given.has(name) || (await exists(this.root, name))) continue;
      this.given.add(name);
      this.tops.set(key, name);
      if (folder) this.made.push(name);
      return name;
    }
    throw failed();
  }

  private async guard<T>(step: Promise<T>): Promise<T> {
    try {
      return await step;
    } catch {
      throw failed();
    }
  }
}

/** One file, where the person's own save dialog said. The browser keeps the bytes aside until `close`. */
export class FileShelf implements Shelf {
  private readonly handle: FileSystemFileHandle;
  private writable: FileSystemWritableFileStream | null = null;

  constructor(handle: FileSystemFileHandle) {
    this.handle = handle;
  }

  async begin(): Promise<void> {
    this.writable = await this.handle.createWritable().catch(() => {
      throw failed();
    });
  }

  async write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    await this.writable!.write(bytes).catch(() => {
      throw failed();
    });
  }

  end(): Promise<void> {
    return Promise.resolve();
  }

  async finish(): Promise<Delivery> {
    await this.writable?.close().catch(() => {
      throw failed();
    });
    return NOTHING;
  }

  async abort(): Promise<void> {
    await this.writable?.abort().catch(() => undefined);
  }
}

async function exists(folder: FileSystemDirectoryHandle, name: string): Promise<boolean> {
  try {
    await folder.getFileHandle(name);
    return true;
  } catch (error) {
    return !(error instanceof DOMException && error.name === "NotFoundError");
  }
}

/** To its final name; browsers that cannot rename copy. */
async function rename(folder: FileSystemDirectoryHandle, part: Renames, name: string): Promise<void> {
  if (part.move !== undefined) {
    try {
      await part.move(name);
      return;
    } catch {
      // Not here: copy instead.
    }
  }
  const target = await folder.getFileHandle(name, { create: true });
  await (await part.getFile()).stream().pipeTo(await target.createWritable());
  await folder.removeEntry(part.name);
}

function failed(): LocalFileFailed {
  return new LocalFileFailed("The chosen place cannot be written.", {
    code: "local_file",
    hint: "Choose another folder and ask for it again.",
    retryable: true,
  });
}
