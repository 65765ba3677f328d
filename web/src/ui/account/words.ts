/** The 24 words as people type them: how many there are. Whether they are right, the keys decide. */

export const WORD_COUNT = 24;

export function counted(typed: string): number {
  return typed.split(/\s+/u).filter((word) => word !== "").length;
}
