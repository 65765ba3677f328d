/** Failures as people read them: the stable code, what happened, what to do next. The page may say it in its own words. */
import { PeersealError, failure, isKnownCode } from "../errors.ts";
import type { Problem } from "./state.ts";

type Said = readonly [message: string, hint: string, retryable?: boolean];

const SAID: Readonly<Record<string, Said>> = {
  declined: ["The other side said no.", ""],
  cancelled: ["It was cancelled.", "Send it again if that was not meant."],
  not_fetched: ["It was not fetched in time, so the server does not have it any more.", "Send it again.", true],
  timed_out: ["Nobody answered in time.", "Ask again.", true],
  left: ["The other side left.", "Connect again when they are back.", true],
  closed: ["The other side ended the connection.", "Connect again to go on.", true],
  not_waiting: ["The other side is not waiting any more.", "Resume it when you are both here again.", true],
  disconnected: ["The other side disconnected.", "Connect again to go on.", true],
  vanished: ["The other side fell silent.", "Check both networks, then connect again.", true],
  taken_over: ["This connection was taken over by another tab of yours.", "Go on there."],
  interrupted: ["The connection broke.", "Connect again and send it again.", true],
  stream_cut: ["The connection broke again and again.", "Check both networks, then try again.", true],
  truncated: ["The connection ended too early. Nothing was kept.", "Connect again and send it again.", true],
  busy: ["They are connected with somebody else.", "Ask again later.", true],
  not_found: ["They are not here any more.", ""],
  not_connected: ["You are not connected with anybody.", "Connect first, then send."],
  not_joined: ["You have not joined yet.", "Enter a name and join."],
  already_joined: ["You are here already.", ""],
  lobby_full: ["There are too many people here.", "Make a room of your own, or use a code."],
  too_many_requests: ["Too many are asking at once.", "Wait a minute, or use a code."],
  rate_limited: ["Too many tries from this network.", "Wait a minute.", true],
  server_silent: ["The server did not answer.", "Try again.", true],
  server_unreachable: ["The server does not answer.", "Check the network; this page keeps trying.", true],
  words_differ: [
    "The words differ: somebody may sit between you.",
    "Nothing was sent. Tell the other person by another way, and try on another network.",
  ],
  wrong_code: ["The code was not right. It is used up now.", "Ask for a new one.", true],
  code_malformed: ["That is not a code.", "A code looks like 7-harbor-velvet."],
  code_closed: ["The code is no longer open.", "Ask for a new code.", true],
  nameplate_taken: ["That number is in use.", "Try again.", true],
  confirmation_failed: ["The two sides could not agree on a key. Nothing was sent.", "Connect again.", true],
  commitment_mismatch: ["What came does not fit what was promised. Nothing was kept.", "Try on another network."],
  not_authentic: ["Something was changed on the way. Nothing was kept.", "Try again; if it repeats, use another network."],
  manifest_invalid: ["What came does not fit its list of files. Nothing was kept.", "Ask them to send it again."],
  unsafe_name: ["A file name is not safe to keep. Nothing was kept.", "Ask them to rename it and send it again."],
  source_changed: ["A file changed or vanished while it was read.", "Choose it again and send it again.", true],
  nothing_to_send: ["There is nothing to send.", "Choose a file first."],
  no_space: [
    "There is not enough room here for this.",
    "A private window has little: use an ordinary one, choose where to save, or make room and ask for it again.",
    true,
  ],
  no_space_after_all: [
    "This browser ran out of room on the way, though it had said there is enough. Nothing was kept.",
    "Make room, choose where to save, or receive with the command line.",
  ],
  too_large_here: [
    "This is too large for a browser page without https: it can keep up to 512 MB.",
    "Open the page by https or on localhost, or receive with the command line.",
  ],
  local_file: ["The chosen place cannot be written.", "Choose another folder."],
  vault_broken: [
    "Your password is right, but the keys the server kept do not open with it.",
    "Bring your keys with your 24 words, and tell whoever runs the server.",
  ],
  signed_out: ["You were signed out, in another tab or from another device.", "Sign in again to go on."],
  malformed: ["What came is not in the agreed form. Nothing of it was used.", "Reload the page; if it happens again, tell whoever runs the server."],
  page_failed: ["The part of this page that does the work stopped.", "Reload the page. If it happens again, use a current browser.", true],
  no_robot: ["Checking that you are no robot: this takes a second.", ""],
  third_party: ["Somebody else tried to enter this connection and was refused.", ""],
};

/** What went wrong, for the page. Unknown errors say as little as they may. */
export function problemOf(error: unknown): Problem {
  if (!(error instanceof PeersealError)) {
    return { code: "failed", message: "Something on this page failed.", hint: "Reload the page and try again.", retryable: true };
  }
  const { code, message, hint, retryable } = error;
  const said = SAID[code];
  if (said !== undefined) return problem(code);
  return { code, message: message === code ? "It did not work." : message, hint, retryable };
}

/** As `problemOf`, of a call about accounts or stored files: there some codes mean something else than between two people. */
export function problemOfCall(error: unknown): Problem {
  if (!(error instanceof PeersealError) || !isKnownCode(error.code)) return problemOf(error);
  const { code, message, hint, retryable } = error;
  return { code, message, hint, retryable };
}

/** The problem of a known code; a code of somebody else's that is not known is shown as `fallback`. */
export function problem(code: string, fallback = "failed"): Problem {
  if (!Object.hasOwn(SAID, code) && isKnownCode(code)) return problemOfCall(failure(code));
  const known = Object.hasOwn(SAID, code) ? code : fallback;
  const [message, hint, retryable] = SAID[known] ?? ["It did not work.", "Try again.", true];
  return { code: known, message, hint, retryable: retryable ?? false };
}
