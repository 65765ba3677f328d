/** Text from another person, made safe to read: controls and direction tricks become visible signs. */

const PICTURES = 0x2400; // "control pictures": U+2400 + code shows a C0 control

/** Bidirectional controls, line separators, invisible spaces and marks that change how a name reads. */
const TRICKS = /[\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\ufff9-\ufffb]/u;

function sign(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20) return String.fromCodePoint(PICTURES + code);
  if (code === 0x7f) return "\u2421";
  if (code >= 0xd800 && code <= 0xdfff) return "\ufffd";
  if ((code >= 0x80 && code <= 0x9f) || TRICKS.test(character) || (code >= 0xe0000 && code <= 0xe007f)) {
    return `[U+${code.toString(16).toUpperCase().padStart(4, "0")}]`;
  }
  return character;
}

/** One line: every control character, tab and line break becomes visible. */
export function visible(text: string): string {
  return Array.from(text, sign).join("");
}

/** Several lines: as `visible`, but line breaks and tabs stay what they are. */
export function visibleLines(text: string): string {
  const lines = text.replaceAll("\r\n", "\n");
  return Array.from(lines, (character) => (character === "\n" || character === "\t" ? character : sign(character))).join("");
}

/** A first path component that hides the file or folder on many systems. */
export function isHidden(path: string): boolean {
  return path.startsWith(".");
}
