/** Accounts, contacts and requests as the page shows them. Pure but for the safety numbers. */
import type { Here } from "../client/account.ts";
import { canonicalOf, waits, type Offered } from "../client/exchange.ts";
import type { ServedKeys } from "../client/served_keys.ts";
import { safetyNumber } from "../crypto_engine.ts";
import type { Book } from "../protocol/book.ts";
import type { Exchange } from "../wire/accounts.ts";
import { hexEncode, type Bytes } from "../wire/encoding.ts";
import type { Account, Contact, KeyRequest, Person } from "./state.ts";

export function shownAccount({ account, identity }: Here, wordsShown: boolean): Account {
  return {
    name: account.name,
    fingerprint: identity === null ? "" : hexEncode(identity.fingerprint),
    keys: identity === null ? "missing" : "here",
    vault: account.vault !== null,
    used: account.used,
    quota: account.quota,
    wordsShown,
  };
}

/** The contacts of a book by name. `own`: one's own fingerprint. */
export async function shownContacts(book: Book, own: Bytes, offered: Offered): Promise<readonly Contact[]> {
  return Promise.all(
    book.contacts.map(async ({ name, state, fingerprint, since }): Promise<Contact> => {
      const other = offered.get(name);
      return {
        name,
        trust: state,
        changed: other !== undefined,
        fingerprint: hexEncode(fingerprint),
        safetyNumber: await safetyNumber(own, fingerprint),
        offered: other === undefined ? null : { fingerprint: hexEncode(other.fingerprint), safetyNumber: await safetyNumber(own, other.fingerprint) },
        online: false,
        since,
      };
    }),
  );
}

/** A request, by this person's book: one whose keys are not in it waits, whatever the server says of an answer. */
export async function shownRequest(row: Exchange, book: Book, own: Bytes, offered: Offered, served: Pick<ServedKeys, "bundle">): Promise<KeyRequest> {
  const { id, peer, direction, state, created } = row;
  const theirs = asksNow(row) ? keysOf(peer, book, offered, served) : null;
  const number = theirs === null ? null : await safetyNumber(own, theirs);
  return { id, peer, direction, state: waits(row, book) ? "pending" : state, created, safetyNumber: number };
}

/** Whom this person asked, who has not answered and is in no book: canonical names. */
export function strangersAsked(rows: readonly Exchange[], book: Book): readonly string[] {
  const names = rows.filter(asksNow).map(({ peer }) => canonicalOf(peer));
  return [...new Set(names)].filter((name): name is string => name !== null && book.contact(name) === undefined);
}

function asksNow({ direction, state }: Exchange): boolean {
  return direction === "out" && state === "pending";
}

/** Whose keys changed has a number at the contact itself, where it must be compared. */
function keysOf(peer: string, book: Book, offered: Offered, served: Pick<ServedKeys, "bundle">): Bytes | null {
  const user = canonicalOf(peer);
  if (user === null || offered.has(user)) return null;
  return (book.contact(user) ?? served.bundle(user))?.fingerprint ?? null;
}

/** The contacts, with who of them is among the peers. */
export function withOnline(contacts: readonly Contact[], peers: readonly Person[]): readonly Contact[] {
  if (contacts.length === 0) return contacts;
  const here = new Set(peers.map(({ account }) => (account === null ? null : canonicalOf(account))));
  return contacts.map((contact) => (contact.online === here.has(contact.name) ? contact : { ...contact, online: here.has(contact.name) }));
}
