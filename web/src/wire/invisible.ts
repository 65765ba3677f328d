/** Code points no font shows: refused in account names (protocol.md §10), written out wherever text is shown. */

const RANGES =
  /^[\u00ad\u034f\u061c\u115f-\u1160\u17b4-\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]$/u;

/** Whether this one character is of the fixed list of §10, whatever Unicode version this browser knows. */
export function isInvisible(character: string): boolean {
  return RANGES.test(character);
}
