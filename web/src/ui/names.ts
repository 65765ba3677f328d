/** How people are called on this page: peers of one name are told apart by their tag. */
import type { Contact, EngineState, Person } from "../transfer/state.ts";
import { isShelved } from "./fates.ts";
import { say } from "./strings.ts";
import { visible } from "./visible.ts";

/** The tag to show behind each peer's name, "" where the name is unique. `also` are people outside the list (you). */
export function tags(people: readonly Person[], also: readonly Person[] = []): ReadonlyMap<string, string> {
  const seen = new Map<string, Set<string>>();
  for (const person of [...people, ...also]) {
    const key = nameKey(person.name);
    const ids = seen.get(key);
    if (ids === undefined) seen.set(key, new Set([person.id]));
    else ids.add(person.id);
  }
  return new Map(
    people.map((person) => [person.id, (seen.get(nameKey(person.name))?.size ?? 0) > 1 ? person.tag : ""]),
  );
}

/** Names that look the same count as the same: case, compatibility forms and outer space do not tell people apart. */
function nameKey(name: string): string {
  return name.normalize("NFKC").trim().toLowerCase();
}

/** A name for running text: short enough for a sentence, nothing in it acts on the text around it. */
export function called(person: Person | null, longest = 40): string {
  if (person === null) return "";
  const letters = Array.from(visible(person.name));
  return letters.length <= longest ? letters.join("") : `${letters.slice(0, longest - 1).join("")}…`;
}

/** Those you are likely to want first: the other role, then by name. */
export function inOrder(people: readonly Person[], mine: Person | null): readonly Person[] {
  const order = new Intl.Collator(undefined, { sensitivity: "base", numeric: true });
  const distance = (person: Person): number => (person.role === mine?.role ? 1 : 0);
  return [...people].sort(
    (a, b) => distance(a) - distance(b) || order.compare(a.name, b.name) || a.id.localeCompare(b.id),
  );
}

/** The same people, a guest (or another account) who is called like a contact marked as what they are. */
export function withGuests(state: EngineState): EngineState {
  if (state.contacts.length === 0) return state;
  const known = new Map(state.contacts.map((contact): [string, Contact] => [nameKey(contact.name), contact]));
  const marked = (person: Person): Person => {
    const contact = known.get(nameKey(person.name));
    if (contact === undefined || (person.account !== null && nameKey(person.account) === nameKey(contact.name))) return person;
    return { ...person, name: say.contacts.guest(person.name.trim()) };
  };
  const { link, asking } = state;
  return {
    ...state,
    peers: state.peers.map(marked),
    asking: asking === null ? null : { ...asking, peer: marked(asking.peer) },
    requests: state.requests.map((request) => ({ ...request, from: marked(request.from) })),
    link: link === null || link.contact !== null ? link : { ...link, peer: marked(link.peer) },
    // What lies on the server is about accounts, and who proved their keys is who they are.
    transfers: state.transfers.map((one) => {
      const proven = link?.contact != null && one.peer.id === link.peer.id;
      return isShelved(one) || proven ? one : { ...one, peer: marked(one.peer) };
    }),
  };
}
