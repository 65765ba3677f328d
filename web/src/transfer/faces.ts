/** Accounts, contacts and requests as the page shows them. Pure but for the safety numbers. */
import type { Here } from "../client/account.ts";
import { canonicalOf, waits, type Offered } from "../client/exchange.ts";
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
export function shownRequest(row: Exchange, book: Book): KeyRequest {
  const { id, peer, direction, state, created } = row;
  return { id, peer, direction, state: waits(row, book) ? "pending" : state, created };
}

/** The contacts, with who of them is among the peers. */
export function withOnline(contacts: readonly Contact[], peers: readonly Person[]): readonly Contact[] {
  if (contacts.length === 0) return contacts;
  const here = new Set(peers.map(({ account }) => (account === null ? null : canonicalOf(account))));
  return contacts.map((contact) => (contact.online === here.has(contact.name) ? contact : { ...contact, online: here.has(contact.name) }));
}
