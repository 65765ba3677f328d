/** The keys the server shows for contacts now: never sealed for, only compared with the book's before anything is. */
import { Bundle } from "../crypto_engine.ts";
import { VerificationFailed, hasCode } from "../errors.ts";
import type { Book, Contact } from "../protocol/book.ts";
import { sameBytes, type Bytes } from "../wire/encoding.ts";
import type { Api } from "./api.ts";

/** What was looked at so short ago is not asked again before sealing. */
const FRESH_MILLISECONDS = 30_000;
/** For the list of contacts a look now and then is enough, at a few of them at a time: the server counts questions. */
const STALE_MILLISECONDS = 60_000;
const GLANCES = 10;

interface Served {
  readonly at: number;
  readonly encoded: Bytes | null; // null: there is no such account any more
  readonly bundle: Bundle | null; // null also for what cannot be anybody's keys
}

export class ServedKeys {
  readonly #api: Pick<Api, "call">;
  readonly #changed: () => void;
  readonly #clock: () => number;
  readonly #served = new Map<string, Served>(); // by canonical name

  /** `changed` hears that other keys than the book's came to light. */
  constructor(api: Pick<Api, "call">, changed: () => void = () => undefined, clock: () => number = () => performance.now()) {
    this.#api = api;
    this.#changed = changed;
    this.#clock = clock;
  }

  /** Raises `key_changed` if the server shows other keys for one of these: nothing may be sealed then. */
  async check(contacts: readonly Contact[]): Promise<void> {
    await this.#look(contacts, FRESH_MILLISECONDS);
    const changed = contacts.filter((contact) => this.#differs(contact)).map(({ name }) => name);
    if (changed.length === 0) return;
    throw new VerificationFailed(`The server shows other keys for ${changed.join(", ")} than those you know.`, {
      code: "key_changed", hint: "Nothing was sealed. Under Contacts, compare the new number first.",
    });
  }

  /** Looks at a few of the contacts that were not looked at for longest. Never raises. */
  async glance(contacts: readonly Contact[]): Promise<void> {
    const at = ({ name }: Contact): number => this.#served.get(name)?.at ?? -Infinity;
    const old = contacts.filter(({ name }) => this.#old(name, STALE_MILLISECONDS));
    // Not by subtraction: -Infinity - -Infinity is no number.
    old.sort((one, other) => Number(at(one) > at(other)) - Number(at(one) < at(other)));
    await this.#look(old.slice(0, GLANCES), STALE_MILLISECONDS).catch(() => undefined); // the next look is soon enough
  }

  /** Looks at the keys of people who are in no book, by canonical name. Never raises. */
  async meet(names: readonly string[]): Promise<void> {
    let news = false;
    try {
      for (const name of names.filter((one) => this.#old(one, STALE_MILLISECONDS)).slice(0, GLANCES)) {
        const before = this.bundle(name);
        const served = await this.#ask(name);
        this.#served.set(name, served);
        news ||= served.bundle !== null && (before === null || !sameBytes(before.encoded, served.bundle.encoded));
      }
    } catch {
      // The next look is soon enough.
    }
    if (news) this.#changed();
  }

  /** What was last seen for a canonical name: for showing a number to compare, never for sealing. */
  bundle(name: string): Bundle | null {
    return this.#served.get(name)?.bundle ?? null;
  }

  /** Other keys than those of `book`, by canonical name. */
  offered(book: Book): ReadonlyMap<string, Bundle> {
    const found = new Map<string, Bundle>();
    for (const contact of book.contacts) {
      const bundle = this.#served.get(contact.name)?.bundle ?? null;
      if (bundle !== null && this.#differs(contact)) found.set(contact.name, bundle);
    }
    return found;
  }

  /** One after the other; who cannot be asked about any more now is passed over. */
  async #look(contacts: readonly Contact[], age: number): Promise<void> {
    let news = false;
    try {
      for (const contact of contacts) {
        if (!this.#old(contact.name, age)) continue;
        const before = this.#differs(contact);
        this.#served.set(contact.name, await this.#ask(contact.name));
        news ||= this.#differs(contact) && !before;
      }
    } catch (error) {
      if (!hasCode(error, "too_many_requests")) throw error;
    } finally {
      if (news) this.#changed();
    }
  }

  async #ask(name: string): Promise<Served> {
    const at = this.#clock();
    try {
      const { bundle: encoded } = await this.#api.call("user_key", { name });
      return { at, encoded, bundle: await Bundle.parse(encoded).catch(() => null) };
    } catch (error) {
      if (!hasCode(error, "not_found")) throw error;
      return { at, encoded: null, bundle: null };
    }
  }

  #old(name: string, age: number): boolean {
    const served = this.#served.get(name);
    return served === undefined || this.#clock() - served.at > age;
  }

  #differs({ name, encoded }: Contact): boolean {
    const served = this.#served.get(name)?.encoded ?? null;
    return served !== null && !sameBytes(served, encoded);
  }
}
