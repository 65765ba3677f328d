/** What a link says behind its `#`: a room to meet in, or a code to use. The fragment never reaches a server. */

export type Invitation =
  | { readonly kind: "room"; readonly token: string }
  | { readonly kind: "code"; readonly code: string }
  | null;

/** Reads `#room=TOKEN` or `#code=7-word-word`; anything else is no invitation. */
export function readFragment(fragment: string): Invitation {
  const match = /^#(room|code)=(.+)$/.exec(fragment);
  if (match === null) return null;
  const [, kind, value] = match;
  if (kind === "room") return /^[A-Za-z0-9_-]{22}$/.test(value!) ? { kind, token: value! } : null;
  const code = decode(value!);
  return code === null ? null : { kind: "code", code };
}

/** The page's own address with a fragment, for others to open. */
export function invitationLink(base: string, kind: "room" | "code", value: string): string {
  return `${base}#${kind}=${value}`;
}

function decode(value: string): string | null {
  try {
    return decodeURIComponent(value);
  } catch {
    return null;
  }
}

/** A link to stored files, as its page's address has it. */
export interface LinkAddress {
  readonly link: string; // 32 hex digits
  /** What stood behind the `#`; "" if it is lost. */
  readonly fragment: string;
}
