/** Into a folder or file the person picked (File System Access): real folders, real files.
 *
 * Files grow in one hidden folder of a random name and get their own places only when the whole transfer verified.
 * What is there already is never replaced: whether a name is free is asked right before it is taken.
 */
import { LocalFileFailed, PeersealError } from "../errors.ts";
import { LocalPaths, numbered } from "./names.ts";
import type { Delivery, Shelf, SinkEntry } from "./shelf.ts";

const NOTHING: Delivery = { downloads: [], text: null };
const MOST_TRIES = 1_000;

interface Kept {
  readonly path: readonly string[];
  readonly part: FileSystemFileHandle | null; // null: a folder
}

export class FolderShelf implements Shelf {
  private readonly root: FileSystemDirectoryHandle;
  private readonly paths = new LocalPaths();
  private readonly partsName = `.peerseal-${crypto.randomUUID()}.part`;
  private readonly placing: Placing;
  private readonly kept: Kept[] = [];
  private parts: FileSystemDirectoryHandle | null = null;
  private writable: FileSystemWritableFileStream | null = null;

  constructor(root: FileSystemDirectoryHandle) {
    this.root = root;
    this.placing = new Placing(root);
  }

  async begin(entry: SinkEntry): Promise<void> {
    const isFolder = entry.kind === "directory";
    const path = this.paths.place(entry.path, isFolder);
    const part = isFolder ? null : await guard(this.openPart());
    this.kept.push({ path, part });
  }

  async write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    await guard(this.writable!.write(bytes));
  }

  async end(): Promise<void> {
    if (this.writable !== null) await guard(this.writable.close());
    this.writable = null;
  }

  async finish(): Promise<Delivery> {
    await guard(
      oneAtATime(async () => {
        for (const { path, part } of this.kept) {
          if (part === null) await this.placing.folder(path);
          else if (!(await this.placing.file(path, part))) await this.parts?.removeEntry(part.name);
        }
      }),
    );
    await this.removeParts();
    return NOTHING;
  }

  async abort(): Promise<void> {
    await this.writable?.abort().catch(() => undefined);
    await this.placing.undo();
    await this.removeParts();
  }

  private async openPart(): Promise<FileSystemFileHandle> {
    if (this.parts === null) {
      if ((await look(this.root, this.partsName)) !== "free") throw failed();
      this.parts = await this.root.getDirectoryHandle(this.partsName, { create: true });
    }
    const part = await this.parts.getFileHandle(String(this.kept.length), { create: true });
    this.writable = await part.createWritable();
    return part;
  }

  private async removeParts(): Promise<void> {
    if (this.parts !== null) await this.root.removeEntry(this.partsName, { recursive: true }).catch(() => undefined);
  }
}

type Movable = FileSystemFileHandle & { move?(folder: FileSystemDirectoryHandle, name: string): Promise<void> };

/** Gives complete files their places, and knows what it made, so that a failure half-way leaves nothing. */
class Placing {
  private readonly root: FileSystemDirectoryHandle;
  private readonly folders = new Map<string, FileSystemDirectoryHandle>();
  private readonly made: { readonly folder: FileSystemDirectoryHandle; readonly name: string }[] = [];
  private canMove = true;

  constructor(root: FileSystemDirectoryHandle) {
    this.root = root;
  }

  /** The folder for this path of the transfer, made by us under a name that was free. */
  async folder(path: readonly string[]): Promise<FileSystemDirectoryHandle> {
    if (path.length === 0) return this.root;
    const key = path.join("/");
    const known = this.folders.get(key);
    if (known !== undefined) return known;
    const parent = await this.folder(path.slice(0, -1));
    const name = await freeName(parent, path.at(-1)!, true);
    const folder = await parent.getDirectoryHandle(name, { create: true });
    this.made.push({ folder: parent, name });
    this.folders.set(key, folder);
    return folder;
  }

  /** Whether the part was moved; else it was copied and still takes its room. */
  async file(path: readonly string[], part: Movable): Promise<boolean> {
    const folder = await this.folder(path.slice(0, -1));
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const name = await freeName(folder, path.at(-1)!, false);
      if (await this.moved(part, folder, name)) return true;
      if (await this.copied(part, folder, name)) return false;
    }
    throw failed();
  }

  /** Takes back what was placed. A folder somebody put something into meanwhile stays. */
  async undo(): Promise<void> {
    for (const { folder, name } of this.made.reverse()) await folder.removeEntry(name).catch(() => undefined);
  }

  private async moved(part: Movable, folder: FileSystemDirectoryHandle, name: string): Promise<boolean> {
    if (!this.canMove || part.move === undefined) return false;
    try {
      await part.move(folder, name);
    } catch {
      this.canMove = false; // not in this place of this browser: it copies
      return false;
    }
    this.made.push({ folder, name });
    return true;
  }

  /** False if somebody else's file was there first after all. */
  private async copied(part: FileSystemFileHandle, folder: FileSystemDirectoryHandle, name: string): Promise<boolean> {
    const target = await folder.getFileHandle(name, { create: true });
    if ((await target.getFile()).size > 0) return false;
    this.made.push({ folder, name });
    await (await part.getFile()).stream().pipeTo(await target.createWritable());
    return true;
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

/** A name nobody uses in this folder. One that the browser refuses (`a.lnk`) gets `_` behind. */
async function freeName(folder: FileSystemDirectoryHandle, wanted: string, isFolder: boolean): Promise<string> {
  for (const base of [wanted, `${wanted}_`]) {
    for (let number = 0; number < MOST_TRIES; number++) {
      const name = numbered(base, number, isFolder);
      const seen = await look(folder, name);
      if (seen === "free") return name;
      if (seen === "refused") break;
    }
  }
  throw failed();
}

async function look(
  folder: FileSystemDirectoryHandle,
  wanted: string,
): Promise<"free" | "taken" | "refused"> {
  try {
    await folder.getFileHandle(wanted);
    return "taken";
  } catch (error) {
    if (error instanceof TypeError) return "refused";
    const name = error instanceof DOMException ? error.name : "";
    if (name === "NotFoundError") return "free";
    if (name === "TypeMismatchError") return "taken"; // a folder
    throw error;
  }
}

/** Pages of this address place their files one after the other: two could find one name free at the same moment. */
async function oneAtATime(step: () => Promise<void>): Promise<void> {
  const { navigator } = globalThis as { readonly navigator?: { readonly locks?: LockManager } };
  if (navigator?.locks === undefined) return step();
  await navigator.locks.request("peerseal placing", step);
}

async function guard<T>(step: Promise<T>): Promise<T> {
  try {
    return await step;
  } catch (error) {
    throw error instanceof PeersealError ? error : failed();
  }
}

function failed(): LocalFileFailed {
  return new LocalFileFailed("The chosen place cannot be written.", {
    code: "local_file",
    hint: "Choose another folder and ask for it again.",
    retryable: true,
  });
}
