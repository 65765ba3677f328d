import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { randomBytes } from "../../src/crypto_engine.ts";
import type { DescriptionFields, IceCandidate } from "../../src/protocol/control.ts";
import { readCandidate, readDescription, writeCandidate, writeDescription } from "../../src/transport/session_description.ts";

/** As Chromium 156 says it. */
const CHROMIUM = [
  "v=0", "o=- 4611731400430051336 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0", "a=extmap-allow-mixed",
  "a=msid-semantic: WMS", "m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "c=IN IP4 0.0.0.0", "a=ice-ufrag:CcdX",
  "a=ice-pwd:K5BEMQA1thy0eOQ8HtNruAFZ", "a=ice-options:trickle",
  `a=fingerprint:sha-256 ${Array(32).fill("4A").join(":")}`, "a=setup:actpass", "a=mid:0", "a=sctp-port:5000",
  "a=max-message-size:262144", "",
].join("\r\n");
/** As Firefox says it: the fingerprint above the media section, another order. */
const FIREFOX = [
  "v=0", "o=mozilla...THIS_IS_SDPARTA-99.0 4323 0 IN IP4 0.0.0.0", "s=-", "t=0 0", "a=sendrecv",
  `a=fingerprint:sha-256 ${Array(32).fill("0B").join(":")}`, "a=group:BUNDLE 0", "a=ice-options:trickle",
  "a=msid-semantic:WMS *", "m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "c=IN IP4 0.0.0.0", "a=sendrecv",
  "a=ice-pwd:5e2b5cb1f0f4f5b0f7f0a2f7a5c1d3aa", "a=ice-ufrag:ab12cd34", "a=mid:0", "a=setup:active", "a=sctp-port:5000",
  "a=max-message-size:1073741823", "",
].join("\r\n");

const fields: DescriptionFields = {
  role: "answer", ufrag: "Cc/+", pwd: "K5BEMQA1thy0eOQ8HtNruAFZ", fingerprint: randomBytes(32), setup: "passive",
};
const candidate: IceCandidate = { host: "192.168.1.7", port: 50_000, kind: "host", priority: 2_113_937_151 };

describe("a description", () => {
  test("of Chromium's is read into its fields", () => {
    expect(readDescription(CHROMIUM, "offer")).toEqual({
      mid: "0",
      fields: {
        role: "offer", ufrag: "CcdX", pwd: "K5BEMQA1thy0eOQ8HtNruAFZ", fingerprint: new Uint8Array(32).fill(0x4a), setup: "actpass",
      },
    });
  });

  test("of Firefox's is read into its fields", () => {
    expect(readDescription(FIREFOX, "answer")?.fields).toMatchObject({
      ufrag: "ab12cd34", setup: "active", fingerprint: new Uint8Array(32).fill(0x0b),
    });
  });

  test("is written so that it is read back", () => {
    const text = writeDescription(fields, "0");
    expect(text).not.toBeNull();
    expect(readDescription(text ?? "", "answer")).toEqual({ mid: "0", fields });
  });

  test.each([
    ["no fingerprint", CHROMIUM.replace(/a=fingerprint.*\r\n/, "")],
    ["a fingerprint of SHA-1", CHROMIUM.replace(/a=fingerprint.*\r\n/, `a=fingerprint:sha-1 ${Array(20).fill("AA").join(":")}\r\n`)],
    ["a short fingerprint", CHROMIUM.replace(":4A\r\n", "\r\n")],
    ["another SCTP port", CHROMIUM.replace("5000", "5001")],
    ["no ufrag", CHROMIUM.replace("a=ice-ufrag:CcdX\r\n", "")],
    ["an offer that has chosen its side", CHROMIUM.replace("actpass", "active")],
    ["nothing", ""],
  ])("with %s is none", (_, text) => {
    expect(readDescription(text, "offer")).toBeNull();
  });

  test.each<[string, Partial<DescriptionFields>]>([
    ["a line of its own in ufrag", { ufrag: "CcdX\r\na=candidate:1 1 udp 1 127.0.0.1 80 typ host" }],
    ["a short ufrag", { ufrag: "abc" }],
    ["a long ufrag", { ufrag: "a".repeat(257) }],
    ["a short pwd", { pwd: "a".repeat(21) }],
    ["a space in pwd", { pwd: `${"a".repeat(22)} b` }],
    ["a letter beyond ASCII", { pwd: `${"a".repeat(22)}ä` }],
    ["half a fingerprint", { fingerprint: randomBytes(16) }],
    ["an undecided answer", { setup: "actpass" }],
    ["a decided offer", { role: "offer" }],
    ["another setup", { setup: "holdconn" as "active" }],
  ])("with %s is not written", (_, change) => {
    expect(writeDescription({ ...fields, ...change }, "0")).toBeNull();
  });

  test("has the same lines whatever the peer says, or is none", () => {
    const text = fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.stringMatching(/^[A-Za-z0-9+/\r\n=: ]*$/));
    const hostile = fc.record({
      role: fc.constantFrom("offer" as const, "answer" as const), ufrag: text, pwd: text,
      fingerprint: fc.uint8Array({ minLength: 31, maxLength: 33 }),
      setup: fc.oneof(fc.constantFrom("actpass", "active", "passive"), text),
    });
    const form = (written: string): string => written.replace(/^a=(ice-ufrag|ice-pwd):[A-Za-z0-9+/]+\r$/gm, "$1").replace(/^a=fingerprint:sha-256 [0-9A-F:]{95}\r$/m, "").replace(/^a=setup:(actpass|active|passive)\r$/m, "");
    // Mostly one field is hostile, so that the others do not hide it.
    const oneHostile = fc.tuple(hostile, fc.constantFrom("ufrag", "pwd", "fingerprint", "setup", "role")).map(([said, name]) => ({
      ...fields, [name]: said[name as keyof typeof said],
    }));
    const usual = form(writeDescription(fields, "0") ?? "");
    fc.assert(
      fc.property(fc.oneof(hostile, oneHostile), (said) => {
        const written = writeDescription(said as DescriptionFields, "0");
        if (written !== null) expect(form(written)).toBe(usual);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("a candidate of this browser's", () => {
  test.each<[string, IceCandidate]>([
    ["candidate:1 1 udp 2113937151 192.168.1.7 50000 typ host generation 0 ufrag x network-cost 999", candidate],
    ["candidate:1 1 UDP 2113937151 192.168.1.7 50000 typ host", candidate],
    [
      "candidate:9 1 udp 1677729535 203.0.113.9 40000 typ srflx raddr 0.0.0.0 rport 0 generation 0",
      { host: "203.0.113.9", port: 40_000, kind: "srflx", priority: 1_677_729_535 },
    ],
    [
      "candidate:2 1 udp 5 2001:db8::7 50000 typ relay raddr :: rport 0",
      { host: "2001:db8:0:0:0:0:0:7", port: 50_000, kind: "relay", priority: 5 },
    ],
    [
      "candidate:3 1 udp 2113937151 731d2fc5-63d0-4249-a573-0ba706f786fd.local 33062 typ host",
      { host: "731d2fc5-63d0-4249-a573-0ba706f786fd.local", port: 33_062, kind: "host", priority: 2_113_937_151 },
    ],
  ])("is read: %s", (text, read) => {
    expect(readCandidate(text)).toEqual(read);
  });

  test.each([
    "",
    "candidate:1 1 tcp 1518280447 192.168.1.7 9 typ host tcptype active",
    "candidate:1 2 udp 2113937151 192.168.1.7 50000 typ host",
    "candidate:1 1 udp 2113937151 192.168.1.7 50000 typ prflx",
    "candidate:1 1 udp 2113937151 192.168.1.7 80 typ host",
    "candidate:1 1 udp 2113937151 127.0.0.1 50000 typ host",
    "candidate:1 1 udp 2113937151 ::1 50000 typ host",
    "candidate:1 1 udp 2113937151 some.name.local 50000 typ host",
    "1 1 udp 2113937151 192.168.1.7 50000 typ host",
  ])("is told to nobody: %s", (text) => {
    expect(readCandidate(text)).toBeNull();
  });
});

describe("a candidate of the peer's", () => {
  test("is written anew, its address in one plain form and its priority in range", () => {
    expect(writeCandidate(candidate, 0)).toBe("candidate:1 1 udp 2113937151 192.168.1.7 50000 typ host");
    expect(writeCandidate({ ...candidate, host: "FD00::7", kind: "relay", priority: 2 ** 32 - 1 }, 4)).toBe(
      "candidate:5 1 udp 2147483647 fd00:0:0:0:0:0:0:7 50000 typ relay raddr 0.0.0.0 rport 9",
    );
    expect(writeCandidate({ ...candidate, priority: 0 }, 0)).toContain(" udp 1 ");
  });

  test.each([
    ["loopback", "127.0.0.1"], ["loopback", "127.255.255.254"], ["loopback", "::1"], ["unspecified", "0.0.0.0"],
    ["unspecified", "::"], ["this network", "0.1.2.3"], ["multicast", "224.0.0.251"], ["multicast", "ff02::fb"],
    ["broadcast", "255.255.255.255"], ["reserved", "240.0.0.1"], ["IPv4 in IPv6", "::ffff:127.0.0.1"],
    ["IPv4 in IPv6", "::127.0.0.1"], ["a zone", "fe80::1%eth0"], ["a name", "example.org"], ["a name", "localhost"],
    ["an odd number", "127.1"], ["an odd number", "0x7f.0.0.1"], ["an odd number", "010.0.0.1"], ["nothing", ""],
    ["a short name", "731d2fc5.local"], ["more than a name", "731d2fc5-63d0-4249-a573-0ba706f786fd.local 1"],
  ])("at %s is dropped: %s", (_, host) => {
    expect(writeCandidate({ ...candidate, host }, 0)).toBeNull();
  });

  test.each<[string, Partial<IceCandidate>]>([
    ["a low port", { port: 1023 }],
    ["a port beyond ports", { port: 65_536 }],
    ["half a port", { port: 2000.5 }],
    ["no port", { port: NaN }],
    ["another kind", { kind: "prflx" as "host" }],
    ["a name from elsewhere", { kind: "srflx", host: "731d2fc5-63d0-4249-a573-0ba706f786fd.local" }],
  ])("with %s is dropped", (_, change) => {
    expect(writeCandidate({ ...candidate, ...change }, 0)).toBeNull();
  });

  test("never brings a word of its own", () => {
    const part = fc.stringMatching(/^[0-9a-f.:%\r\n -]{0,60}$/);
    const host = fc.oneof(fc.ipV4(), fc.ipV6(), fc.string(), part, part.map((text) => `${text}.local`));
    const hostile = fc.record({
      host, port: fc.double(), kind: fc.oneof(fc.constantFrom("host", "srflx", "relay"), fc.string()), priority: fc.double(),
    });
    const whole = fc.record({
      host, port: fc.integer({ min: 0, max: 70_000 }), kind: fc.constantFrom("host", "srflx", "relay"), priority: fc.nat(),
    });
    const form = /^candidate:1 1 udp [1-9][0-9]{0,9} [0-9a-f.:-]{2,42}(?:\.local)? [1-9][0-9]{3,4} typ (?:host|(?:srflx|relay) raddr 0\.0\.0\.0 rport 9)$/;
    let written = 0;
    fc.assert(
      fc.property(fc.oneof(hostile, whole), (said) => {
        const text = writeCandidate(said as IceCandidate, 0);
        if (text === null) return;
        written++;
        expect(text).toMatch(form);
        expect(readCandidate(text)).not.toBeNull();
      }),
      { numRuns: 3000 },
    );
    expect(written).toBeGreaterThan(100);
  });
});
