/** What this browser remembers of its person between visits: the name, the role, and that 24 words wait to be written down. */
import type { Role } from "../transfer/state.ts";
import { firstName } from "./strings.ts";

const NAME = "peerseal.name";
const ROLE = "peerseal.role";
const UNWRITTEN = "peerseal.unwritten";

/** The last name used, or a friendly one to start with. */
export function rememberedName(): string {
  return read(NAME) ?? firstName(Math.random);
}

/** The last role, sender at first. */
export function rememberedRole(): Role {
  return read(ROLE) === "receiver" ? "receiver" : "sender";
}

export function remember(name: string, role: Role): void {
  try {
    localStorage.setItem(NAME, name);
    localStorage.setItem(ROLE, role);
  } catch {
    // Storage can be switched off or full: then this visit is the first again.
  }
}

/** Whether the 24 words of this account were shown for the first time and not written down then. */
export function unwritten(account: string): boolean {
  return read(UNWRITTEN) === account;
}

export function rememberUnwritten(account: string, waiting: boolean): void {
  try {
    if (waiting) localStorage.setItem(UNWRITTEN, account);
    else if (unwritten(account)) localStorage.removeItem(UNWRITTEN);
  } catch {
    // As above.
  }
}

function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}
