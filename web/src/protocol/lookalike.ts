/** Names that look alike: letters of another script in the place of Latin ones (protocol.md §10). Twin of lookalike.py.
 *
 * A warning for people, never a rule: such names are legal, and many scripts mix with reason.
 */

/** What looks like a small Latin letter in most fonts, and that letter. Accented ones are compared in parts. */
const ALIKE: readonly (readonly [string, string])[] = [
  ["\u0430\u0441\u0501\u0435\u04bd\u04bb\u0456\u0458\u043a\u04cf\u043c\u043f\u043e\u0440\u051b\u0433\u0455\u0442\u0475\u051d\u0461\u0445\u0443\u04af\u044c\u050d", "acdeehijklmnopqrstvwwxyybg"], // Cyrillic
  ["\u03b1\u03b3\u03b5\u03b7\u03b9\u03ba\u03bc\u03bd\u03bf\u03c1\u03c3\u03c2\u03c4\u03c5\u03c7\u03c9\u03f3", "ayenikuvopostuxwj"], // Greek
  ["\u0131\u0261\u0251", "iga"], // phonetic letters
  ["\u02bc\u02b9\u02bb\ua78c", "''''"], // apostrophes that are letters
  ["01", "ol"], // digits
];
const LATIN_OF: ReadonlyMap<string, string> = new Map(
  ALIKE.flatMap(([alike, latin]) => Array.from(alike, (character, at) => [character, latin.charAt(at)] as const)),
);

const SCRIPTS: readonly (readonly [string, RegExp])[] = [
  ["Latin", /[a-z\u00df-\u00f6\u00f8-\u02af\u1e00-\u1eff\u2c60-\u2c7f\ua722-\ua7ff]/u],
  ["Greek", /[\u0370-\u03ff\u1f00-\u1fff]/u],
  ["Cyrillic", /[\u0400-\u052f\u1c80-\u1c8f\ua640-\ua69f]/u],
];

/** Whether two account names are different and yet look the same to a quick reader. */
export function looksLike(one: string, other: string): boolean {
  return folded(one) !== folded(other) && skeleton(one) === skeleton(other);
}

/** What remains of a name if letters that look alike are taken for the same. Only for comparing, never a name. */
export function skeleton(name: string): string {
  const parts = Array.from(folded(name).normalize("NFD"), (character) => LATIN_OF.get(character) ?? character);
  return parts.join("").replaceAll(/([ij])\u0307/gu, "$1"); // a dot above an i is there already
}

/** The scripts of a name's letters if Latin, Greek and Cyrillic ones stand beside each other, else none. */
export function mixedScripts(name: string): readonly string[] {
  const text = folded(name);
  const found = SCRIPTS.filter(([, letters]) => letters.test(text)).map(([script]) => script);
  return found.length > 1 ? found : [];
}

/** The first of the `known` names that `name` is not but looks like. */
export function resembled(name: string, known: readonly string[]): string | undefined {
  return known.find((other) => looksLike(name, other));
}

function folded(name: string): string {
  return name.normalize("NFKC").toLowerCase().normalize("NFKC");
}
