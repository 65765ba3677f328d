/** What this browser remembers of its person between visits: the name, the role, and that 24 words wait to be written down. */
import type { Role } from "../transfer/state.ts";
import { firstName } from "./strings.ts";

const NAME = "peerseal.name";
const FRIENDLY = "peerseal.friendly";
const ROLE = "peerseal.role";
const UNWRITTEN = "peerseal.unwritten";
const LOOKED = "peerseal.looked"; // per account

/** The name this person last called themselves; null if they never typed one. */
export function rememberedName(): string | null {
  return read(NAME);
}

/** A friendly name to start with, the same at each visit. */
export function friendlyName(): string {
  const name = read(FRIENDLY) ?? firstName(Math.random);
  write(FRIENDLY, name);
  return name;
}

/** The last role, sender at first. */
export function rememberedRole(): Role {
  return read(ROLE) === "receiver" ? "receiver" : "sender";
}

/** `name`: as it was typed; null if it is not the person's own choice. */
export function remember(name: string | null, role: Role): void {
  if (name !== null) write(NAME, name);
  write(ROLE, role);
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
    // As for every write.
  }
}

/** The newest moment among the files this account has looked at here, in ms; 0 at first. */
export function lookedAt(account: string): number {
  const moment = Number(read(`${LOOKED}.${account}`));
  return Number.isFinite(moment) ? moment : 0;
}

export function rememberLooked(account: string, moment: number): void {
  write(`${LOOKED}.${account}`, String(moment));
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Storage can be switched off or full: then this visit is the first again.
  }
}

function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}
