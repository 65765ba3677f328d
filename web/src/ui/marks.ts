/** A small figure for each peer id: always the same for one id, so two Bobs look different. No randomness. */

export interface MarkFigure {
  readonly ground: string; // SVG path of the outer shape, in a 48 × 48 box
  readonly figure: string; // SVG path of the inner shape
  readonly turn: number; // degrees the inner shape is turned
  readonly tone: number; // 0 … TONES - 1, colours stand in tokens.css
}

export const TONES = 8;

function polygon(corners: number, radius: number, offset = -90): string {
  const points = Array.from({ length: corners }, (_, corner) => {
    const angle = ((offset + (corner * 360) / corners) * Math.PI) / 180;
    return `${(24 + radius * Math.cos(angle)).toFixed(1)} ${(24 + radius * Math.sin(angle)).toFixed(1)}`;
  });
  return `M${points.join("L")}Z`;
}

const GROUNDS: readonly string[] = [
  "M24 2a22 22 0 1 1 0 44a22 22 0 1 1 0-44Z", // disc
  "M6 4h36a2 2 0 0 1 2 2v36a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2Z", // square
  polygon(4, 23), // lozenge
  polygon(6, 23), // hexagon
  polygon(8, 23, 22.5), // octagon
  "M5 3h38v21c0 12-8 19-19 22C13 43 5 36 5 24Z", // shield
  "M4 46V24a20 20 0 0 1 40 0v22Z", // arch
  "M24 3a10.5 10.5 0 0 1 10.5 10.5A10.5 10.5 0 0 1 34.5 34.5A10.5 10.5 0 0 1 13.5 34.5A10.5 10.5 0 0 1 13.5 13.5A10.5 10.5 0 0 1 24 3Z", // four leaves
];

const FIGURES: readonly string[] = [
  "M24 13a11 11 0 1 1 0 22a11 11 0 1 1 0-22Zm0 6a5 5 0 1 0 0 10a5 5 0 1 0 0-10Z", // ring
  "M12 20h24v8H12Z", // bar
  "M20 12h8v8h8v8h-8v8h-8v-8h-8v-8h8Z", // cross
  "M24 12L36 34H12Z", // peak
  "M19 12a12 12 0 0 1 0 24ZM15 12v24h-4v-24Z", // half moon and bar
  "M13 15h22v6H13ZM13 27h22v6H13Z", // two bars
  "M17 14a4 4 0 1 1 0 8a4 4 0 1 1 0-8ZM31 14a4 4 0 1 1 0 8a4 4 0 1 1 0-8ZM24 26a4 4 0 1 1 0 8a4 4 0 1 1 0-8Z", // three dots
  "M24 11L28 20L37 24L28 28L24 37L20 28L11 24L20 20Z", // star
];

/** FNV-1a over the id's characters, twice: spreads for ids that differ in one digit. Not a secret, not security. */
function spread(id: string): number {
  let hash = 0x811c9dc5;
  for (let round = 0; round < 2; round += 1) {
    for (let at = 0; at < id.length; at += 1) {
      hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193) >>> 0;
    }
    hash = (hash ^ (hash >>> 15)) >>> 0;
  }
  return hash;
}

/** The figure of one peer id: 8 grounds × 8 figures × 4 turns × 8 tones. */
export function markOf(id: string): MarkFigure {
  const bits = spread(id);
  return {
    ground: GROUNDS[bits & 7] ?? "",
    figure: FIGURES[(bits >>> 4) & 7] ?? "",
    turn: ((bits >>> 8) & 3) * 45,
    tone: (bits >>> 12) & 7,
  };
}
