/** What the signed-in person's keys can do for the parts of the engine that need them, and who follows their coming and going.
 *
 * A part that lives by the account (the shelf of stored files) implements `Follower` and is given to `People` by `Live`:
 *   signedIn(keys)   the keys are here: load, and call the server with `keys.api`; every wait takes `keys.signal`,
 *                    which is aborted just before `signedOut`;
 *   signedOut()      forget everything: keys, plaintext titles, timers;
 *   news(topics)     something changed at the server ("files", "contacts", "exchanges", "account"), or may have;
 *   bookChanged(b)   the contact book is another one now: trust, names and what is listed may differ.
 * It shows itself by `board.set({ files })`, which stays null while nobody is signed in, and its commands are its methods
 * (`Actions<StoredCommands>` of bridge.ts; the page's side of them is stored_commands.ts).
 */
import type { Api } from "../client/api.ts";
import type { Contacts } from "../client/contacts.ts";
import type { ServedKeys } from "../client/served_keys.ts";
import type { Bundle, Identity, SharedSecret } from "../crypto_engine.ts";
import type { Book } from "../protocol/book.ts";
import { hexEncode, type Bytes } from "../wire/encoding.ts";
import type { News } from "../wire/stored.ts";

export type Topic = News["changed"][number];

/** A signed-in person whose keys are in this browser. Never leaves the worker. */
export class Keys {
  /** Signed in; its calls raise `not_signed_in` once the session is over. */
  readonly api: Api;
  readonly user: string; // canonical name
  readonly name: string; // as it was written
  readonly server: Bytes; // the server's id
  readonly identity: Identity;
  /** The contact book: `known` or `await book()`, `change(apply)`, `remember(seen)`. */
  readonly contacts: Contacts;
  /** What the server shows as the contacts' keys now: `check` before sealing for any of them. */
  readonly served: ServedKeys;
  /** Aborted when this person is signed out here. */
  readonly signal: AbortSignal;
  readonly #pairwise = new Map<string, Promise<SharedSecret>>();

  constructor(parts: Pick<Keys, "api" | "user" | "name" | "server" | "identity" | "contacts" | "served" | "signal">) {
    this.api = parts.api;
    this.user = parts.user;
    this.name = parts.name;
    this.server = parts.server;
    this.identity = parts.identity;
    this.contacts = parts.contacts;
    this.served = parts.served;
    this.signal = parts.signal;
  }

  /** The secret with a contact (`bundleOf(contact)`, from the book only), made once: it is costly. */
  pairwise(peer: Bundle): Promise<SharedSecret> {
    const name = hexEncode(peer.fingerprint);
    const known = this.#pairwise.get(name) ?? this.identity.pairwise(peer);
    this.#pairwise.set(name, known);
    return known;
  }
}

/** A part of the engine that lives by the account. None of these may reject. */
export interface Follower {
  signedIn(keys: Keys): void;
  signedOut(): void;
  news(topics: ReadonlySet<Topic>): void;
  bookChanged(book: Book): void;
}
