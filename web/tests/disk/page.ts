/** Puts entries into a real folder handle of the browser and tells what lies there afterwards. */
import { FileShelf, FolderShelf } from "../../src/files/folder.ts";
import type { Shelf, SinkEntry } from "../../src/files/shelf.ts";
import { Sink } from "../../src/files/sink.ts";

interface Piece {
  readonly path: string;
  readonly text: string | null; // null: a directory
}

declare global {
  interface Window {
    /** What lies in the folder `name` after these entries were put into it, or after it was given up half-way. */
    intoFolder: (name: string, pieces: readonly Piece[], giveUp: boolean) => Promise<Record<string, string>>;
    /** The text of one file saved over `before`, while it grows and at the end. */
    intoFile: (before: string, text: string, giveUp: boolean) => Promise<string>;
  }
}

window.intoFolder = async (name, pieces, giveUp) => {
  const root = await navigator.storage.getDirectory();
  const folder = await root.getDirectoryHandle(name, { create: true });
  await put(new FolderShelf(folder), pieces, giveUp);
  return listed(folder);
};

window.intoFile = async (before, text, giveUp) => {
  const root = await navigator.storage.getDirectory();
  const handle = await root.getFileHandle("chosen.txt", { create: true });
  const writable = await handle.createWritable();
  await writable.write(before);
  await writable.close();
  await put(new FileShelf(handle), [{ path: "theirs.txt", text }], giveUp);
  return (await handle.getFile()).text();
};

async function put(shelf: Shelf, pieces: readonly Piece[], giveUp: boolean): Promise<void> {
  const sink = new Sink(shelf);
  const encoder = new TextEncoder();
  for (const { path, text } of pieces) {
    const size = text === null ? 0 : encoder.encode(text).length;
    const entry: SinkEntry = { path, kind: text === null ? "directory" : "file", size, modified: 0 };
    sink.expect(entry);
  }
  const content = encoder.encode(pieces.map(({ text }) => text ?? "").join(""));
  await sink.write(giveUp ? content.subarray(0, content.length - 1) : content);
  if (giveUp) await sink.abort();
  else await sink.finish();
}

async function listed(folder: FileSystemDirectoryHandle, below = ""): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const [name, handle] of folder.entries()) {
    if (handle.kind === "file") found[below + name] = await (await (handle as FileSystemFileHandle).getFile()).text();
    else {
      found[`${below}${name}/`] = "";
      Object.assign(found, await listed(handle as FileSystemDirectoryHandle, `${below}${name}/`));
    }
  }
  return found;
}
