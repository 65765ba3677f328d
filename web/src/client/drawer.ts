/** A drawer of this browser that outlives the page: IndexedDB, or memory for this visit where storage is switched off. */

export interface Drawer {
  read(key: string): Promise<unknown>;
  /** Puts what `change` makes of what lies there, in one step for all tabs; undefined takes it out. */
  change(key: string, change: (before: unknown) => unknown): Promise<void>;
}

const DATABASE = "peerseal-accounts";
const STORE = "kept";

/** The drawer of this page's origin. */
export async function openDrawer(): Promise<Drawer> {
  try {
    return new DatabaseDrawer(await openDatabase());
  } catch {
    return new MemoryDrawer(); // what it keeps is gone with the tab: the next visit signs in again
  }
}

class DatabaseDrawer implements Drawer {
  private readonly database: IDBDatabase;

  constructor(database: IDBDatabase) {
    this.database = database;
  }

  read(key: string): Promise<unknown> {
    return answerOf(this.database.transaction(STORE).objectStore(STORE).get(key) as IDBRequest<unknown>);
  }

  change(key: string, change: (before: unknown) => unknown): Promise<void> {
    const transaction = this.database.transaction(STORE, "readwrite", { durability: "strict" });
    const store = transaction.objectStore(STORE);
    const reading = store.get(key) as IDBRequest<unknown>;
    reading.onsuccess = () => {
      const after = change(reading.result);
      if (after === undefined) store.delete(key);
      else store.put(after, key);
    };
    return new Promise((resolve, reject) => {
      transaction.oncomplete = () => {
        resolve();
      };
      transaction.onabort = transaction.onerror = () => {
        reject(transaction.error ?? new Error("the browser's storage failed"));
      };
    });
  }
}

export class MemoryDrawer implements Drawer {
  private readonly things = new Map<string, unknown>();

  read(key: string): Promise<unknown> {
    return Promise.resolve(this.things.get(key));
  }

  change(key: string, change: (before: unknown) => unknown): Promise<void> {
    const after = change(this.things.get(key));
    if (after === undefined) this.things.delete(key);
    else this.things.set(key, after);
    return Promise.resolve();
  }
}

async function openDatabase(): Promise<IDBDatabase> {
  const opening = indexedDB.open(DATABASE, 1);
  opening.onupgradeneeded = () => {
    opening.result.createObjectStore(STORE);
  };
  const database = await answerOf(opening);
  // Another tab may have a newer page one day: it must not wait for this one.
  database.onversionchange = () => {
    database.close();
  };
  return database;
}

function answerOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => {
      resolve(request.result);
    };
    request.onerror = () => {
      reject(request.error ?? new Error("the browser's storage failed"));
    };
  });
}
