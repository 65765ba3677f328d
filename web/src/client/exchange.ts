/** Key exchanges, and what they mean for the contact book. Twin of client/exchange.py.
 *
 * The keys of an accepted exchange are pinned once, the first time: the server could have lied then. After that nothing
 * but the person's comparison of safety numbers changes a pin; other keys under a known name are a hard stop.
 */
import { Bundle, canonicalName, type Identity } from "../crypto_engine.ts";
import { NotFound, PeersealError, Refused, VerificationFailed, failure } from "../errors.ts";
import type { Book, Contact } from "../protocol/book.ts";
import type { Exchange } from "../wire/accounts.ts";
import { sameBytes, type Bytes } from "../wire/encoding.ts";
import type { Api } from "./api.ts";
import type { Contacts } from "./contacts.ts";

/** Whose exchanges these are. */
export interface Signed {
  readonly api: Api;
  readonly user: string; // canonical
  readonly identity: Identity;
  readonly contacts: Contacts;
}

/** Other keys than the book's that the server shows for a contact, by canonical name. */
export type Offered = ReadonlyMap<string, Bundle>;

/** All exchanges as the server has them, newest first. */
export interface Found {
  readonly rows: readonly Exchange[];
  readonly offered: Offered;
}

/**
 * All exchanges. The keys somebody answered us with are pinned if the name is new (`now` in ms). Requests of others that
 * were accepted are not pinned here but by `accept`: a server could make them up.
 */
export async function look(signed: Signed, now: number): Promise<Found> {
  const rows = await rowsOf(signed);
  const brought = await newestKeys(rows);
  const accepted = await newestKeys(rows.filter(({ state }) => state === "accepted"));
  const ours = new Set(rows.filter(({ state, direction }) => state === "accepted" && direction === "out").map(({ peer }) => canonicalOf(peer)));
  const pinNew = (book: Book): Book => {
    let after = book;
    for (const [user, bundle] of accepted) {
      const known = after.contact(user) ?? after.byFingerprint(bundle.fingerprint);
      if (known === undefined && ours.has(user)) after = after.pin(user, bundle, now);
    }
    return after;
  };
  const known = await signed.contacts.load();
  const book = pinNew(known) === known ? known : await signed.contacts.change(pinNew);
  return { rows, offered: new Map([...brought].filter(([user, bundle]) => differs(book.contact(user), bundle))) };
}

/** Asks somebody to exchange keys. Raises `not_found`, `already_asked`, `they_asked`, `name_malformed`, `oneself`. */
export async function ask(signed: Signed, name: string): Promise<void> {
  const user = canonicalName(name);
  if (user === signed.user) throw new Refused("That is you.", { code: "oneself", hint: "Ask somebody else, by their account name." });
  try {
    await signed.api.call("ask_exchange", { body: { to: user, bundle: signed.identity.bundle.encoded } });
  } catch (error) {
    if (!(error instanceof NotFound)) throw error;
    throw new NotFound("Nobody of that name has an account here.", {
      code: "no_such_user",
      hint: "Check the spelling: it is the name they chose for their account.",
    });
  }
}

/**
 * Answers a request with one's own keys and pins theirs; one that was answered already is only pinned. Raises
 * `request_gone`, and `key_changed` before anything is answered.
 */
export async function accept(signed: Signed, request: string, now: number): Promise<void> {
  const row = await requestOf(signed, request);
  if (row.bundle === null || row.state === "declined") throw gone();
  const bundle = await Bundle.parse(row.bundle);
  const known = (await signed.contacts.load()).contact(row.peer);
  if (differs(known, bundle)) throw failure("key_changed", `These are not the keys you know for ${row.peer}.`);
  if (row.state === "pending") await answer(signed, request, bundle);
  await signed.contacts.change((book) => book.pin(row.peer, bundle, now));
}

/** Refuses a request; one that was accepted is taken off the list. */
export async function decline(signed: Signed, request: string): Promise<void> {
  const { state } = await requestOf(signed, request);
  if (state !== "pending") await withdraw(signed, request);
  else await signed.api.call("decline_exchange", { exchange: request, body: {} });
}

/** Whether somebody's request still needs this person: it is not answered, or its keys never came into the book. */
export function waits({ direction, state, peer }: Exchange, book: Book): boolean {
  const user = canonicalOf(peer);
  const unfinished = state === "accepted" && user !== null && book.contact(user) === undefined;
  return direction === "in" && (state === "pending" || unfinished);
}

/** Takes one's own request back, or an answered one off the list. */
export async function withdraw(signed: Signed, request: string): Promise<void> {
  await signed.api.call("withdraw_exchange", { exchange: request });
}

/** The person compared the safety number of the keys in the book, whose fingerprint this is. */
export async function verify(signed: Signed, name: string, compared: Bytes): Promise<void> {
  await signed.contacts.change((book) => book.verify(name, compared));
}

/** The person compared the safety number of other keys and takes them for the old ones; a waiting request is answered. */
export async function replace(signed: Signed, name: string, compared: Bundle): Promise<void> {
  const user = canonicalName(name);
  for (const row of await rowsOf(signed)) {
    const waits = row.state === "pending" && row.direction === "in" && canonicalOf(row.peer) === user;
    if (waits && row.bundle !== null && sameBytes(row.bundle, compared.encoded)) await answer(signed, row.id, compared);
  }
  await signed.contacts.change((book) => book.replace(user, compared));
}

/** Takes a contact out of the book, and their answered exchanges off the list. Raises `not_found`. */
export async function remove(signed: Signed, name: string): Promise<void> {
  const user = canonicalName(name);
  // The exchanges first: they would bring the contact back.
  for (const row of await rowsOf(signed)) {
    if (canonicalOf(row.peer) === user && row.state !== "pending") await withdraw(signed, row.id);
  }
  await signed.contacts.change((book) => (book.contact(user) === undefined ? book : book.remove(user)));
}

/** Somebody's request to this person. Raises `request_gone`. */
async function requestOf(signed: Signed, request: string): Promise<Exchange> {
  const row = (await rowsOf(signed)).find(({ id, direction }) => id === request && direction === "in");
  if (row === undefined) throw gone();
  return row;
}

async function rowsOf({ api }: Signed): Promise<readonly Exchange[]> {
  return (await api.call("exchanges", {})).exchanges;
}

/** The keys each peer's latest exchange brought; what cannot be anybody's keys is left out. */
async function newestKeys(rows: readonly Exchange[]): Promise<Map<string, Bundle>> {
  const newest = new Map<string, Bundle>();
  const brought = rows.filter(({ bundle, state }) => bundle !== null && state !== "declined");
  for (const row of brought.sort((one, other) => broughtAt(other) - broughtAt(one))) {
    const user = canonicalOf(row.peer);
    if (user === null || newest.has(user) || row.bundle === null) continue;
    const bundle = await Bundle.parse(row.bundle).catch(() => null);
    if (bundle !== null) newest.set(user, bundle);
  }
  return newest;
}

function broughtAt(row: Exchange): number {
  return row.direction === "in" ? row.created : (row.answered ?? row.created);
}

async function answer(signed: Signed, request: string, bundle: Bundle): Promise<void> {
  const body = { bundle: signed.identity.bundle.encoded };
  const answered = await signed.api.call("accept_exchange", { exchange: request, body });
  if (answered.bundle === null || !sameBytes(answered.bundle, bundle.encoded)) {
    throw new VerificationFailed("The server showed two different keys for one request.", {
      code: "key_changed",
      hint: "Nothing was pinned. Do not trust this server with this exchange.",
    });
  }
}

function gone(): NotFound {
  return new NotFound("This request is gone.", { code: "request_gone", hint: "It was withdrawn, or answered on another device." });
}

function differs(known: Contact | undefined, bundle: Bundle): boolean {
  return known !== undefined && !sameBytes(known.encoded, bundle.encoded);
}

/** The canonical form of a name the server gave; null for one that is none. */
export function canonicalOf(name: string): string | null {
  try {
    return canonicalName(name);
  } catch (error) {
    if (error instanceof PeersealError) return null;
    throw error;
  }
}
