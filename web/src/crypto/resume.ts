/** What lets two clients find and know each other again after a break (protocol.md §15.2). */
import { RENDEZVOUS_BYTES } from "../wire/limits.ts";
import type { Bytes } from "../wire/encoding.ts";
import { EMPTY, kdf } from "./kdf.ts";
import { Secret } from "./secret.ts";

export const RESUME_SECRET_BYTES = 32;

/** `export-resume` of the first channel of the two (`malformed` unless 32 bytes): who has it may go on in its place. */
export class ResumeSecret extends Secret {
  constructor(bytes: Uint8Array) {
    super("ResumeSecret", bytes, RESUME_SECRET_BYTES);
  }
}

/** The rendezvous both wait at, 16 bytes: shown to the server, tells it nothing. */
export async function resumeRoom(resume: ResumeSecret): Promise<Bytes> {
  return kdf(resume.reveal(), EMPTY, "resume-room", EMPTY, RENDEZVOUS_BYTES);
}
