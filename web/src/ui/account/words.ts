/** The 24 words as people type them: how many there are. Whether they are right, the keys decide. */

export const WORD_COUNT = 24;

/** What was typed, without the numbers before the words: they are copied along with them, as "1. legal 2. winner". */
export function unnumbered(typed: string): string {
  return typed.replace(/[\d.):,]+/gu, " ").trim();
}

export function counted(typed: string): number {
  return unnumbered(typed).split(/\s+/u).filter((word) => word !== "").length;
}
