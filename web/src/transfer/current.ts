/** The room this side is in: its link, who carries its transfers, and who the peer proves to be. */
import type { ResumeSecret } from "../crypto_engine.ts";
import type { HandshakeRole } from "../protocol/channel.ts";
import type { Acquaintance } from "./acquaintance.ts";
import type { Bond } from "./comeback.ts";
import type { Courier } from "./courier.ts";
import type { Link } from "./link.ts";

export interface Current {
  readonly link: Link;
  readonly courier: Courier;
  readonly peer: Acquaintance;
  readonly role: HandshakeRole;
  /** What both need to meet again; null until the first channel stands. */
  secret: ResumeSecret | null;
}

/** What both need to meet again, as it is now; null before the first channel stands. */
export function bondOf({ link, role, secret }: Current): Bond | null {
  if (secret === null) return null;
  const { peer, mode, verified, maySend, peerKeys } = link;
  return { secret, role, peer, mode, verified, maySend, bundle: peerKeys };
}
