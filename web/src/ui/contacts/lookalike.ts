/** What is said of a name before keys are exchanged, if it may not be whose it seems. */
import { mixedScripts, resembled } from "../../protocol/lookalike.ts";
import type { Contact } from "../../transfer/state.ts";
import { say } from "../strings.ts";

/** A sentence if `name` looks like one of the contacts' or mixes scripts; empty for most names. */
export function nameWarning(name: string, contacts: readonly Pick<Contact, "name">[]): string {
  const like = resembled(name, contacts.map((contact) => contact.name));
  if (like !== undefined) return say.contacts.looksLike(like);
  const scripts = mixedScripts(name);
  return scripts.length > 0 ? say.contacts.mixes(scripts) : "";
}
