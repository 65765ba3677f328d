/** The contact book (protocol.md §11): whose keys this person knows, and what was last seen of each file. A pure value. */
import { Bundle, canonicalName, checkBundleForm, compareBytes, fingerprintOf } from "../crypto_engine.ts";
import { failure } from "../errors.ts";
import { hexEncode, malformed, sameBytes, utf8, type Bytes } from "../wire/encoding.ts";
import { array, integer, octets, oneOf, record, text } from "../wire/fields.ts";
import { ACCOUNT_NAME_MAX_CHARACTERS, BOOK_PLAINTEXT_MAX_BYTES, BUNDLE_BYTES, FINGERPRINT_BYTES, ID_BYTES } from "../wire/limits.ts";
import { parseObject, stringify } from "../wire/strict_json.ts";

const BOOK_MAX_DEPTH = 4;
const HASH_BYTES = 32;

export type ContactState = "pinned" | "verified";

/** Somebody whose keys are known. `bundleOf` gives the keys, checked. */
export interface Contact {
  readonly name: string; // canonical
  readonly encoded: Bytes; // the bundle's 1 520 bytes
  readonly fingerprint: Bytes;
  readonly state: ContactState;
  readonly since: number; // ms
}

/** What was last seen of a file. Version 0: only its access list, and a closing of zeros. */
export interface FileSeen {
  readonly id: Bytes;
  readonly owner: Bytes; // fingerprint
  readonly version: number;
  readonly closing: Bytes; // hash of the closing head
  readonly access: number; // highest counter
}

interface WrittenContact {
  readonly name: string;
  readonly bundle: Bytes;
  readonly state: ContactState;
  readonly since: number;
}
interface WrittenBook {
  readonly contacts: readonly WrittenContact[];
  readonly files: readonly FileSeen[];
}

const WRITTEN = record<WrittenBook>({
  contacts: array(
    record<WrittenContact>({
      name: text(1, ACCOUNT_NAME_MAX_CHARACTERS), bundle: octets(BUNDLE_BYTES), state: oneOf("pinned", "verified"), since: integer(0),
    }),
  ),
  files: array(
    record<FileSeen>({
      id: octets(ID_BYTES), owner: octets(FINGERPRINT_BYTES), version: integer(0), closing: octets(HASH_BYTES), access: integer(0),
    }),
  ),
});

export class Book {
  static readonly EMPTY = new Book(new Map(), new Map());
  readonly #contacts: ReadonlyMap<string, Contact>;
  readonly #files: ReadonlyMap<string, FileSeen>;

  private constructor(contacts: ReadonlyMap<string, Contact>, files: ReadonlyMap<string, FileSeen>) {
    this.#contacts = contacts;
    this.#files = files;
  }

  get contacts(): readonly Contact[] {
    return [...this.#contacts.values()];
  }

  get files(): readonly FileSeen[] {
    return [...this.#files.values()];
  }

  /** The contact of this name, however it is written. */
  contact(name: string): Contact | undefined {
    return this.#contacts.get(canonicalName(name));
  }

  byFingerprint(fingerprint: Bytes): Contact | undefined {
    return this.contacts.find((contact) => sameBytes(contact.fingerprint, fingerprint));
  }

  file(id: Bytes): FileSeen | undefined {
    return this.#files.get(hexEncode(id));
  }

  /** With a contact whose bundle came in a key exchange. The same one again changes nothing; another: `key_changed`. */
  pin(name: string, bundle: Bundle, now: number): Book {
    const known = this.contact(name);
    if (known === undefined) return this.#with({ name: canonicalName(name), ...keysOf(bundle), state: "pinned", since: now });
    checkKnown(known, bundle);
    return this;
  }

  /**
   * This person compared the safety number or check words: the contact is verified. `not_found` if there is none;
   * `fingerprint`: of the keys that were compared, `key_changed` if the book has others by now.
   */
  verify(name: string, fingerprint?: Bytes): Book {
    const known = this.#known(name);
    if (fingerprint !== undefined && !sameBytes(known.fingerprint, fingerprint)) throw failure("key_changed");
    return this.#with({ ...known, state: "verified" });
  }

  /** This person compared the new keys and takes them for the old ones: verified. `not_found`, `key_changed`. */
  replace(name: string, bundle: Bundle): Book {
    return this.#with({ ...this.#known(name), ...keysOf(bundle), state: "verified" });
  }

  /** Without that contact; what was seen of their files stays. `not_found`. */
  remove(name: string): Book {
    const contacts = new Map(this.#contacts);
    contacts.delete(this.#known(name).name);
    return new Book(contacts, this.#files);
  }

  /**
   * With what was seen of a file. Version and access only grow, the lower of two is dropped. `unknown_owner` for
   * another owner, `rolled_back` for the same version with another closing hash.
   */
  remember({ id, owner, version, closing, access }: FileSeen): Book {
    const known = this.file(id);
    if (known !== undefined && !sameBytes(known.owner, owner)) throw failure("unknown_owner");
    if (known !== undefined && known.version === version && !sameBytes(known.closing, closing)) throw failure("rolled_back");
    const newer = known === undefined || version > known.version ? { version, closing } : { version: known.version, closing: known.closing };
    const file = { id, owner, ...newer, access: Math.max(access, known?.access ?? 0) };
    const files = new Map(this.#files);
    files.delete(hexEncode(id)); // what was seen last stands last
    return new Book(this.#contacts, files.set(hexEncode(id), file));
  }

  /** The JSON of the book; sealing pads it. */
  encode(): Bytes {
    const contacts = this.contacts.map(({ name, encoded, state, since }) => ({ name, bundle: encoded, state, since }));
    return stringify(WRITTEN.write({ contacts, files: this.files }));
  }

  /** The book of its padded JSON; `malformed`. Whether the keys in it are good, `bundleOf` says. */
  static async decode(plaintext: Bytes): Promise<Book> {
    const written = WRITTEN.read(parseObject(plaintext, BOOK_PLAINTEXT_MAX_BYTES, BOOK_MAX_DEPTH));
    const [contacts, files] = [new Map<string, Contact>(), new Map<string, FileSeen>()];
    const fingerprints = new Set<string>();
    for (const { bundle: encoded, ...rest } of written.contacts) {
      if (!isCanonical(rest.name)) throw malformed("not a canonical name");
      checkBundleForm(encoded);
      const fingerprint = await fingerprintOf(encoded);
      contacts.set(rest.name, { ...rest, encoded, fingerprint });
      fingerprints.add(hexEncode(fingerprint));
    }
    for (const file of written.files) files.set(hexEncode(file.id), file);
    const count = written.contacts.length;
    if (contacts.size !== count || fingerprints.size !== count || files.size !== written.files.length) throw malformed("one of them twice");
    return new Book(contacts, files);
  }

  #known(name: string): Contact {
    const known = this.contact(name);
    if (known === undefined) throw failure("not_found", "There is no such contact.");
    return known;
  }

  #with(contact: Contact): Book {
    const other = this.byFingerprint(contact.fingerprint);
    if (other !== undefined && other.name !== contact.name) {
      throw failure("key_changed", "These are the keys of another contact of yours.");
    }
    const contacts = [...new Map(this.#contacts).set(contact.name, contact)];
    return new Book(new Map(contacts.sort(([one], [other]) => compareBytes(utf8(one), utf8(other)))), this.#files);
  }
}

/** A contact's keys, checked: `malformed` or `invalid_peer_key`. */
export async function bundleOf(contact: Contact): Promise<Bundle> {
  return Bundle.parse(contact.encoded);
}

/** Raises `key_changed` unless these are the keys this person knows for the contact. */
export function checkKnown(contact: Contact, { encoded }: Bundle): void {
  if (!sameBytes(contact.encoded, encoded)) throw failure("key_changed");
}

function keysOf({ encoded, fingerprint }: Bundle): Pick<Contact, "encoded" | "fingerprint"> {
  return { encoded, fingerprint };
}

function isCanonical(name: string): boolean {
  try {
    return canonicalName(name) === name;
  } catch {
    return false;
  }
}
