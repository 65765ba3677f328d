/**
 * Session descriptions and candidates of WebRTC (protocol.md §16.2): read from this browser, written from typed fields.
 *
 * No text of the peer's reaches the browser: what it gets is written here, of values that were checked here again.
 * Every function gives null for what does not hold; a connection that is not made costs nothing.
 */
import { MDNS_NAME } from "../protocol/control.ts";
import type { DescriptionFields, IceCandidate } from "../protocol/control.ts";
import { addressBytes, addressText, mayBePeer } from "../wire/address.ts";
import type { Bytes } from "../wire/encoding.ts";
import {
  CERTIFICATE_HASH_BYTES,
  DIRECT_PORT_MIN,
  ICE_PWD_MIN_CHARACTERS,
  ICE_TEXT_MAX_CHARACTERS,
  ICE_UFRAG_MIN_CHARACTERS,
  PORT_MAX,
} from "../wire/limits.ts";

/** RFC 8445 §5.1.2: what a priority may be. */
const PRIORITY_MAX = 2 ** 31 - 1;
/** One binary message of a data channel holds at most so much. */
export const MESSAGE_MAX_BYTES = 64 * 1024;
const SCTP_PORT = 5000;
const SETUPS: ReadonlySet<string> = new Set(["actpass", "active", "passive"]);
const KINDS: ReadonlySet<string> = new Set(["host", "srflx", "relay"]);
const ICE_TEXT = /^[A-Za-z0-9+/]+$/;
const MID = /^[A-Za-z0-9]{1,16}$/;

/** A description of this browser's own, with the name it gave to the one media section. */
export interface OwnDescription {
  readonly fields: DescriptionFields;
  readonly mid: string;
}

/** Reads what this browser says of itself. */
export function readDescription(text: string, role: DescriptionFields["role"]): OwnDescription | null {
  const values = new Map<string, string>();
  for (const line of text.split(/\r\n|\n/)) {
    const attribute = /^a=([a-z-]+):(.*)$/.exec(line);
    if (attribute?.[1] === undefined || attribute[2] === undefined) continue;
    const name = attribute[1] === "fingerprint" ? `fingerprint ${attribute[2].split(" ")[0]?.toLowerCase() ?? ""}` : attribute[1];
    if (!values.has(name)) values.set(name, attribute[2]);
  }
  const fingerprint = hashOf(values.get("fingerprint sha-256") ?? "");
  const setup = (values.get("setup") ?? "") as DescriptionFields["setup"];
  const mid = values.get("mid") ?? "";
  if (fingerprint === null || !MID.test(mid) || values.get("sctp-port") !== String(SCTP_PORT)) return null;
  const fields: DescriptionFields = { role, ufrag: values.get("ice-ufrag") ?? "", pwd: values.get("ice-pwd") ?? "", fingerprint, setup };
  return holds(fields) ? { fields, mid } : null;
}

/** The whole description for this browser, of the peer's fields and the name the media section has here. */
export function writeDescription(fields: DescriptionFields, mid: string): string | null {
  if (!holds(fields) || !MID.test(mid)) return null;
  const hash = Array.from(fields.fingerprint, (byte) => byte.toString(16).padStart(2, "0").toUpperCase()).join(":");
  const lines = [
    "v=0",
    "o=- 1 1 IN IP4 0.0.0.0",
    "s=-",
    "t=0 0",
    `a=group:BUNDLE ${mid}`,
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
    "c=IN IP4 0.0.0.0",
    `a=mid:${mid}`,
    `a=ice-ufrag:${fields.ufrag}`,
    `a=ice-pwd:${fields.pwd}`,
    "a=ice-options:trickle",
    `a=fingerprint:sha-256 ${hash}`,
    `a=setup:${fields.setup}`,
    `a=sctp-port:${SCTP_PORT}`,
    `a=max-message-size:${MESSAGE_MAX_BYTES}`,
  ];
  return `${lines.join("\r\n")}\r\n`;
}

/** Reads a candidate of this browser's own (RFC 8839 §5.1): null for TCP, other components and what is told to nobody. */
export function readCandidate(text: string): IceCandidate | null {
  const [foundation, component, transport, priority, host, port, typ, kind] = text.replace(/^a=/, "").split(" ");
  if (!foundation?.startsWith("candidate:") || component !== "1" || transport?.toLowerCase() !== "udp" || typ !== "typ") return null;
  return checked({ host: host ?? "", port: Number(port), kind: (kind ?? "") as IceCandidate["kind"], priority: Number(priority) });
}

/** A candidate of the peer's for this browser; `number` tells those of one connection apart. */
export function writeCandidate(candidate: IceCandidate, number: number): string | null {
  const sound = checked(candidate);
  if (sound === null || !Number.isSafeInteger(number) || number < 0) return null;
  const { host, port, kind, priority } = sound;
  const related = kind === "host" ? "" : " raddr 0.0.0.0 rport 9";
  return `candidate:${number + 1} 1 udp ${priority} ${host} ${port} typ ${kind}${related}`;
}

/** A candidate in its plain form, its priority in range; null if nobody should be looked for there. */
function checked({ host, port, kind, priority }: IceCandidate): IceCandidate | null {
  if (!KINDS.has(kind)) return null;
  const bytes = addressBytes(host);
  if (bytes === null ? kind !== "host" || !MDNS_NAME.test(host) : !mayBePeer(bytes)) return null;
  if (!Number.isSafeInteger(port) || port < DIRECT_PORT_MIN || port > PORT_MAX || !Number.isSafeInteger(priority)) return null;
  return { host: bytes === null ? host : addressText(bytes), port, kind, priority: Math.min(Math.max(priority, 1), PRIORITY_MAX) };
}

/** An offer leaves the choice to the answer, as browsers do. */
function holds({ role, ufrag, pwd, fingerprint, setup }: DescriptionFields): boolean {
  if (!SETUPS.has(setup) || (role === "offer") !== (setup === "actpass") || fingerprint.length !== CERTIFICATE_HASH_BYTES) return false;
  return isIceText(ufrag, ICE_UFRAG_MIN_CHARACTERS) && isIceText(pwd, ICE_PWD_MIN_CHARACTERS);
}

function isIceText(text: string, least: number): boolean {
  return text.length >= least && text.length <= ICE_TEXT_MAX_CHARACTERS && ICE_TEXT.test(text);
}

function hashOf(value: string): Bytes | null {
  const [, hex] = /^sha-256 ((?:[0-9A-F]{2}:){31}[0-9A-F]{2})$/i.exec(value) ?? [];
  return hex === undefined ? null : Uint8Array.from(hex.split(":"), (byte) => parseInt(byte, 16));
}
