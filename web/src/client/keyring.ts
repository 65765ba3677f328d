/** This browser's accounts at one server: its pinned id, who is signed in, their root, and the last book seen.
 *
 * The root lies sealed under an AES key that the browser keeps and never gives out, so a dump of the storage shows no
 * root. Who controls this browser can still use it. Pages without https have no such keys (no `crypto.subtle`): there
 * the root lies as it is, protected by nothing but the browser's own separation of pages.
 */
import { Root } from "../crypto_engine.ts";
import { VerificationFailed } from "../errors.ts";
import type { BookSeen } from "../protocol/rollback.ts";
import { sameBytes, utf8, type Bytes } from "../wire/encoding.ts";
import type { Drawer } from "./drawer.ts";

const IV_BYTES = 12;

/** Who is signed in here, as last known; `user` is the canonical name. */
export interface Member {
  readonly user: string;
  /** The 24 words were shown in this browser. */
  readonly wordsShown: boolean;
}

type KeptRoot =
  | { readonly key: CryptoKey; readonly iv: Bytes; readonly sealed: Bytes }
  | { readonly plain: Bytes };

export class Keyring {
  private readonly drawer: Drawer;
  private readonly base: string;

  /** `base`: the server's address, ending in "/". */
  constructor(drawer: Drawer, base: string) {
    this.drawer = drawer;
    this.base = base;
  }

  // --- the server ---

  /** Pins the server's id at first use; raises `key_changed` for another one later. */
  async checkServer(id: Bytes): Promise<void> {
    let same = true;
    await this.drawer.change(this.name("server"), (before) => {
      same = before === undefined || sameBytes(before as Bytes, id);
      return before ?? id;
    });
    if (!same) throw anotherServer();
  }

  // --- who is signed in ---

  async member(): Promise<Member | null> {
    return ((await this.drawer.read(this.name("member"))) as Member | undefined) ?? null;
  }

  async signIn(member: Member): Promise<void> {
    await this.drawer.change(this.name("member"), () => member);
  }

  /** The 24 words were shown here. */
  async wordsSeen(): Promise<void> {
    await this.drawer.change(this.name("member"), (before) => before && { ...(before as Member), wordsShown: true });
  }

  /** The session ended without this person: nobody is signed in, the keys stay for when they come back. */
  async sessionEnded(): Promise<void> {
    await this.take("member");
  }

  /** Forgets everything of this person here; without a vault, the 24 words alone bring the keys back. */
  async signOut(user: string): Promise<void> {
    for (const what of ["member", "server", `root ${user}`, `next ${user}`, `book ${user}`]) await this.take(what);
  }

  // --- keys ---

  /** The roots that may be this account's: the last one known to be, and one that was to take its place. */
  async roots(user: string): Promise<readonly Root[]> {
    const kept = await Promise.all([this.root(`root ${user}`), this.root(`next ${user}`)]);
    return kept.filter((root) => root !== null);
  }

  async keepRoot(user: string, root: Root): Promise<void> {
    await this.keep(`root ${user}`, root);
    await this.take(`next ${user}`);
  }

  /** Keeps a root the server is about to be told of, beside the present one: whichever it is then, it is here. */
  async keepNext(user: string, root: Root): Promise<void> {
    await this.keep(`next ${user}`, root);
  }

  // --- the contact book ---

  /** The newest book this browser saw of these keys. */
  async bookSeen(user: string, fingerprint: Bytes): Promise<BookSeen | null> {
    const kept = (await this.drawer.read(this.name(`book ${user}`))) as KeptBook | undefined;
    return kept !== undefined && sameBytes(kept.fingerprint, fingerprint) ? { counter: kept.counter, hash: kept.hash } : null;
  }

  /** Remembers a book; another tab may have seen a newer one meanwhile, which stays. */
  async seeBook(user: string, fingerprint: Bytes, { counter, hash }: BookSeen): Promise<void> {
    await this.drawer.change(this.name(`book ${user}`), (before) => {
      const kept = before as KeptBook | undefined;
      const newer = kept !== undefined && sameBytes(kept.fingerprint, fingerprint) && kept.counter >= counter;
      return newer ? kept : ({ fingerprint, counter, hash } satisfies KeptBook);
    });
  }

  // --- inside ---

  private async root(what: string): Promise<Root | null> {
    const kept = (await this.drawer.read(this.name(what))) as KeptRoot | undefined;
    if (kept === undefined) return null;
    if ("plain" in kept) return new Root(kept.plain);
    try {
      const how = { name: "AES-GCM", iv: kept.iv, additionalData: utf8(this.name(what)) };
      return new Root(new Uint8Array(await crypto.subtle.decrypt(how, kept.key, kept.sealed)));
    } catch {
      return null; // damaged storage is as good as none
    }
  }

  private async keep(what: string, root: Root): Promise<void> {
    const bytes = root.reveal();
    const subtle = crypto.subtle as SubtleCrypto | undefined;
    let kept: KeptRoot = { plain: bytes };
    if (subtle !== undefined) {
      const key = await subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
      const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
      const how = { name: "AES-GCM", iv, additionalData: utf8(this.name(what)) };
      kept = { key, iv, sealed: new Uint8Array(await subtle.encrypt(how, key, bytes)) };
    }
    await this.drawer.change(this.name(what), () => kept);
  }

  private take(what: string): Promise<void> {
    return this.drawer.change(this.name(what), () => undefined);
  }

  private name(what: string): string {
    return `${this.base} ${what}`;
  }
}

interface KeptBook extends BookSeen {
  readonly fingerprint: Bytes;
}

function anotherServer(): VerificationFailed {
  return new VerificationFailed("This is not the server you signed in to before, though it has the same address.", {
    code: "key_changed",
    hint: "Nothing was told to it. If whoever runs it set it up anew, delete this site's data in your browser, then sign in.",
  });
}
