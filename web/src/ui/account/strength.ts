/** How hard a password is to guess, as an honest rough estimate: it can tell bad from fair, never promise good. */

export type Strength = "empty" | "short" | "common" | "weak" | "fair" | "strong";

export const LEAST_CHARACTERS = 8;

/** Beginnings and middles that guessing programs try first. */
const COMMON = [
  "password", "passwort", "qwerty", "qwertz", "azerty", "letmein", "welcome", "iloveyou", "admin", "dragon", "monkey", "football",
  "sunshine", "princess", "abc123", "peerseal", "secret", "changeme", "trustno1", "master", "login", "hello",
];
/** Bits a guess has to overcome; Argon2id makes each guess slow, which adds about 20 more. */
const FAIR_BITS = 40;
const STRONG_BITS = 60;

/** `name` is what everybody knows about this person; as a part of the password it counts for nothing. */
export function strength(password: string, name = ""): Strength {
  if (password === "") return "empty";
  if (Array.from(password.normalize("NFKC")).length < LEAST_CHARACTERS) return "short";
  const rest = withoutKnown(password.toLowerCase(), name.trim().toLowerCase());
  if (rest.found && Array.from(rest.text).length < LEAST_CHARACTERS) return "common";
  const bits = roughBits(rest.found ? rest.text : password);
  if (bits < FAIR_BITS) return "weak";
  return bits < STRONG_BITS ? "fair" : "strong";
}

function withoutKnown(lower: string, name: string): { readonly text: string; readonly found: boolean } {
  let text = lower;
  for (const known of name.length >= 3 ? [...COMMON, name] : COMMON) text = text.replaceAll(known, "");
  return { text, found: text !== lower };
}

/** Characters count by the alphabet they come from; repeats and runs ("aaaa", "1234") count as one. Words of letters count less. */
function roughBits(password: string): number {
  const characters = Array.from(password);
  let counted = 0;
  for (const [at, character] of characters.entries()) {
    const step = (character.codePointAt(0) ?? 0) - (characters[at - 1]?.codePointAt(0) ?? -100);
    if (step !== 0 && step !== 1 && step !== -1) counted += 1;
  }
  const distinct = new Set(characters).size;
  return Math.min(counted, distinct * 2) * bitsEach(password);
}

function bitsEach(password: string): number {
  const kinds = [/[a-z]/u, /[A-Z]/u, /[0-9]/u, /[^a-zA-Z0-9\s]/u].filter((kind) => kind.test(password)).length;
  // Letters alone are mostly words of a language: about 2.5 bits each. Digits alone are 3.3, mixtures up to 5.
  return kinds <= 1 ? (/^[0-9\s]+$/u.test(password) ? 3.3 : 2.5) : 2 + kinds;
}
