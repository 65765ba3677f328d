/** A folder handle as browsers give it, in memory: what `FolderShelf` needs, with the same errors. */

type Item = MemoryFolder | { bytes: Uint8Array<ArrayBuffer> };

export class MemoryFolder {
  readonly kind = "directory";
  readonly items = new Map<string, Item>();
  /** Called before each step that names something in this folder or below, with what happens. */
  before: (step: string, name: string) => void = () => undefined;
  private readonly movable: boolean;

  constructor(movable = true) {
    this.movable = movable;
  }

  get handle(): FileSystemDirectoryHandle {
    return this as unknown as FileSystemDirectoryHandle;
  }

  put(name: string, text: string): void {
    this.items.set(name, { bytes: new TextEncoder().encode(text) });
  }

  /** Every file with its text and every folder, by path. */
  listed(below = ""): Record<string, string> {
    const found: Record<string, string> = {};
    for (const [name, item] of this.items) {
      if (item instanceof MemoryFolder) {
        found[`${below}${name}/`] = "";
        Object.assign(found, item.listed(`${below}${name}/`));
      } else found[below + name] = new TextDecoder().decode(item.bytes);
    }
    return found;
  }

  async getDirectoryHandle(name: string, { create = false } = {}): Promise<MemoryFolder> {
    const known = await this.find(name, create);
    if (known !== undefined && !(known instanceof MemoryFolder)) throw new DOMException("", "TypeMismatchError");
    if (known !== undefined) return known;
    const made = new MemoryFolder(this.movable);
    made.before = this.before;
    this.items.set(name, made);
    return made;
  }

  async getFileHandle(name: string, { create = false } = {}): Promise<MemoryFile> {
    const known = await this.find(name, create);
    if (known instanceof MemoryFolder) throw new DOMException("", "TypeMismatchError");
    if (known === undefined) this.put(name, "");
    return new MemoryFile(this, name, this.movable);
  }

  removeEntry(name: string, { recursive = false } = {}): Promise<void> {
    const known = this.items.get(name);
    if (known === undefined) return Promise.reject(new DOMException("", "NotFoundError"));
    const full = known instanceof MemoryFolder && known.items.size > 0;
    if (full && !recursive) return Promise.reject(new DOMException("", "InvalidModificationError"));
    this.items.delete(name);
    return Promise.resolve();
  }

  private async find(name: string, create: boolean): Promise<Item | undefined> {
    this.before(create ? "make" : "look", name);
    if (name.endsWith(".lnk")) throw new TypeError("Name is not allowed.");
    const known = await Promise.resolve(this.items.get(name));
    if (known === undefined && !create) throw new DOMException("", "NotFoundError");
    return known;
  }
}

class MemoryFile {
  readonly kind = "file";
  name: string;
  readonly move?: (folder: MemoryFolder, name: string) => Promise<void>;
  private folder: MemoryFolder;

  constructor(folder: MemoryFolder, name: string, movable: boolean) {
    this.folder = folder;
    this.name = name;
    if (movable) this.move = this.moveTo.bind(this);
  }

  getFile(): Promise<Blob> {
    const item = this.folder.items.get(this.name);
    if (item === undefined || item instanceof MemoryFolder) return Promise.reject(new DOMException("", "NotFoundError"));
    return Promise.resolve(new Blob([item.bytes]));
  }

  /** As the browsers': what is written shows when it is closed. */
  createWritable(): Promise<WritableStream<Uint8Array<ArrayBuffer>>> {
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    const { folder, name } = this;
    const close = async (): Promise<void> => {
      folder.items.set(name, { bytes: new Uint8Array(await new Blob(pieces).arrayBuffer()) });
    };
    const stream = new WritableStream<Uint8Array<ArrayBuffer>>({ write: (piece) => void pieces.push(piece.slice()), close });
    const own = { write: (piece: Uint8Array<ArrayBuffer>) => Promise.resolve(void pieces.push(piece.slice())), close };
    return Promise.resolve(Object.assign(stream, own));
  }

  /** As Chromium's: what is there under that name is replaced. */
  private async moveTo(folder: MemoryFolder, name: string): Promise<void> {
    folder.before("move", name);
    const item = await Promise.resolve(this.folder.items.get(this.name));
    if (item === undefined) throw new DOMException("", "NotFoundError");
    this.folder.items.delete(this.name);
    folder.items.set(name, item);
    this.folder = folder;
    this.name = name;
  }
}
