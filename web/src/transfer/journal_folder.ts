/** The folder of one journal: held by one page at a time, and read by another that may find it still being written. */
import { bytesOf } from "../files/parts.ts";
import type { Bytes } from "../wire/encoding.ts";

const LOCK = "peerseal transfer ";
const READ_TRIES = 10;
const READ_MILLISECONDS = 100;

/** A small file whole, or null if it is not there. One that a page which is just being left still wrote to is read again, for a second. */
export async function readSoon(folder: FileSystemDirectoryHandle, name: string): Promise<Bytes | null> {
  for (let left = READ_TRIES; ; left--) {
    try {
      return await bytesOf(await (await folder.getFileHandle(name)).getFile());
    } catch (error) {
      if (isAbsent(error)) return null;
      if (left === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, READ_MILLISECONDS));
    }
  }
}

/** Only what is surely not there says so: a browser may fail to look for a moment. */
export function isAbsent(error: unknown): boolean {
  return error instanceof DOMException && error.name === "NotFoundError";
}

/** Holds the lock of a journal; gives what lets it go. */
export function lock(id: string): Promise<() => void> {
  return new Promise((resolve, reject) => {
    navigator.locks.request(LOCK + id, () => new Promise<void>((release) => { resolve(release); })).catch(reject);
  });
}

/** As `lock`, or null if somebody holds it. */
export function tryLock(id: string): Promise<(() => void) | null> {
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(LOCK + id, { ifAvailable: true }, (held) => {
        if (held === null) {
          resolve(null);
          return undefined;
        }
        return new Promise<void>((release) => { resolve(release); });
      })
      .catch(reject);
  });
}

/** When nobody holds the lock any more. Never rejects. */
export async function onceLetGo(id: string): Promise<void> {
  await navigator.locks.request(LOCK + id, () => undefined).catch(() => undefined);
}

/** The journals somebody holds. */
export async function busyIds(): Promise<Set<string>> {
  const { held = [] } = await navigator.locks.query();
  return new Set(held.map(({ name = "" }) => name).filter((name) => name.startsWith(LOCK)).map((name) => name.slice(LOCK.length)));
}
