/** Who the peer of one link proves to be (protocol.md §9.3), judged by the contact book alone, whatever the server says. */
import type { Bundle } from "../crypto_engine.ts";
import { canonicalOf } from "../client/exchange.ts";
import { PeersealError } from "../errors.ts";
import type { Contact } from "../protocol/book.ts";
import { sameBytes, type Bytes } from "../wire/encoding.ts";
import { IDENTITY_SECONDS } from "../wire/limits.ts";
import type { Keys } from "./keys.ts";
import type { Person, Problem } from "./state.ts";

/** The contact this person chose to meet, by the keys known when they chose. */
export interface Meant {
  readonly name: string;
  readonly fingerprint: Bytes;
}

/** The contact a row of the lobby claims to be; null for guests, strangers, and without keys of one's own. */
export function meantBy(peer: Person, keys: Keys | null): Meant | null {
  const user = peer.account === null ? null : canonicalOf(peer.account);
  const contact = user === null ? undefined : keys?.contacts.known?.contact(user);
  return contact === undefined ? null : { name: contact.name, fingerprint: contact.fingerprint };
}

export class Acquaintance {
  private readonly keys: Keys | null;
  private readonly meant: Meant | null;
  private shown: Bundle | null = null;
  private since = Infinity;

  /** `meant`: null if this side's person chose nobody in particular. */
  constructor(keys: Keys | null, meant: Meant | null) {
    this.keys = keys;
    this.meant = meant;
  }

  /** The channel stands; a peer has some seconds from now on. */
  begin(now: number): void {
    this.since = now;
  }

  /** The peer has shown these keys. */
  show(bundle: Bundle): void {
    this.shown = bundle;
  }

  /** Somebody was meant and has not shown their keys yet: nothing goes out. */
  get waiting(): boolean {
    return this.meant !== null && this.shown === null;
  }

  /** The peer showed other keys than those of who was meant. */
  get another(): boolean {
    return this.meant !== null && this.shown !== null && !sameBytes(this.shown.fingerprint, this.meant.fingerprint);
  }

  /** Who was meant had time enough. */
  late(now: number): boolean {
    return this.waiting && now - this.since >= IDENTITY_SECONDS * 1000;
  }

  /** The contact whose keys the peer has shown; null for nobody's, and as long as the book cannot be had. */
  async contact(): Promise<Contact | null> {
    if (this.shown === null || this.keys === null) return null;
    try {
      return (await this.keys.contacts.book()).byFingerprint(this.shown.fingerprint) ?? null;
    } catch (error) {
      if (error instanceof PeersealError) return null;
      throw error;
    }
  }

  /** The person compared the words with who showed these keys: the contact is verified. Null if they are nobody's. */
  async verify(): Promise<Contact | null> {
    const contact = await this.contact();
    if (contact === null || this.keys === null) return null;
    const book = await this.keys.contacts.change((before) => {
      const known = before.byFingerprint(contact.fingerprint);
      return known === undefined || known.state === "verified" ? before : before.verify(known.name, known.fingerprint);
    });
    return book.byFingerprint(contact.fingerprint) ?? null;
  }

  /** Why the meeting stops, in words for this side's person. */
  get stop(): Problem {
    const name = this.meant?.name ?? "";
    const what = this.shown === null ? `Whoever is there did not show the keys of ${name}.` : `Whoever is there showed other keys than those you know for ${name}.`;
    return {
      code: "key_changed",
      message: `${what} Nothing was sent.`,
      hint: `${name} may be here without being signed in, or with new keys; or somebody only says to be ${name}. Ask ${name} by another way, and see Contacts.`,
      retryable: false,
    };
  }
}
