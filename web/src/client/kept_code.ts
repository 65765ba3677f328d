/** A code that came by link, kept for this tab until something came of it: a reload must not lose it.
 *
 * It is good for one use and lives in this tab's session storage only; where that is switched off, a reload loses it.
 */
const CODE = "peerseal.code";

export function keepCode(code: string): void {
  try {
    sessionStorage.setItem(CODE, code);
  } catch {
    // Without storage the code is still in the field.
  }
}

/** The code kept in this tab, or "". */
export function keptCode(): string {
  try {
    return sessionStorage.getItem(CODE) ?? "";
  } catch {
    return "";
  }
}

export function forgetCode(): void {
  try {
    sessionStorage.removeItem(CODE);
  } catch {
    // Nothing was kept.
  }
}
