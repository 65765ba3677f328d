/** Text from another person, made safe to read: controls and direction tricks become visible signs. */
import { isInvisible } from "../wire/invisible.ts";

const PICTURES = 0x2400; // "control pictures": U+2400 + code shows a C0 control

/** Line separators and annotations, beside what no font shows. */
const TRICKS = /[\u2028\u2029\ufff9-\ufffb]/u;
const EMOJI =
  /^[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u21ff\u2300-\u23ff\u2460-\u24ff\u25a0-\u27bf\u2900-\u297f\u2b00-\u2bff\u3030\u303d\u3297-\u3299\u{1f000}-\u{1faff}]$/u;
const KEY = /^[0-9#*]$/;
const JOINED_SCRIPT = /^[\u0600-\u1cff\ua800-\uabff]$/u; // Arabic to the scripts of India and beyond

function sign(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20) return String.fromCodePoint(PICTURES + code);
  if (code === 0x7f) return "\u2421";
  if (code >= 0xd800 && code <= 0xdfff) return "\ufffd";
  if ((code >= 0x80 && code <= 0x9f) || TRICKS.test(character) || isInvisible(character)) {
    return `[U+${code.toString(16).toUpperCase().padStart(4, "0")}]`;
  }
  return character;
}

/** What makes an emoji of a sign or joins several, and what joins or parts letters of a script that needs it, stays. */
function joins(character: string, before: string, after: string): boolean {
  if (character === "\ufe0e" || character === "\ufe0f") return EMOJI.test(before) || (after === "\u20e3" && KEY.test(before));
  if (character !== "\u200c" && character !== "\u200d") return false;
  if (character === "\u200d" && (before === "\ufe0f" || EMOJI.test(before))) return EMOJI.test(after);
  return JOINED_SCRIPT.test(before) && JOINED_SCRIPT.test(after);
}

function readable(text: string, kept: string): string {
  const all = Array.from(text);
  const shown = (character: string, at: number): string =>
    kept.includes(character) || joins(character, all[at - 1] ?? "", all[at + 1] ?? "") ? character : sign(character);
  return all.map(shown).join("");
}

/** One line: every control character, tab and line break becomes visible. */
export function visible(text: string): string {
  return readable(text, "");
}

/** Several lines: as `visible`, but line breaks and tabs stay what they are. */
export function visibleLines(text: string): string {
  return readable(text.replaceAll("\r\n", "\n"), "\n\t");
}

/** A first path component that hides the file or folder on many systems. */
export function isHidden(path: string): boolean {
  return path.startsWith(".");
}

/** A title for running text, as harmless as a name: long ones keep their beginning and their end. */
export function short(title: string): string {
  const letters = Array.from(visible(title));
  return letters.length <= 48 ? letters.join("") : `${letters.slice(0, 30).join("")}…${letters.slice(-16).join("")}`;
}
