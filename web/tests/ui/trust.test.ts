/** Who somebody is: what a name claims, what the server says, and what the keys prove are kept apart. */
import { describe, expect, it } from "vitest";
import type { EngineState, Person } from "../../src/transfer/state.ts";
import { codeText, groups } from "../../src/ui/contacts/safety.ts";
import { withGuests } from "../../src/ui/names.ts";
import { isSealed, needsWords, stageView } from "../../src/ui/stage.ts";
import { say } from "../../src/ui/strings.ts";
import { samples } from "../gallery/samples.ts";

const sample = (name: string): EngineState => {
  const found = samples[name];
  if (found === undefined) throw new Error(`no sample ${name}`);
  return found;
};

describe("a name of a contact", () => {
  const [peer] = sample("peers-signed-in").peers;
  const shown = (change: Partial<Person>): string => {
    const state = sample("peers-signed-in");
    if (peer === undefined) throw new Error("no peer");
    return withGuests({ ...state, peers: [{ ...peer, ...change }] }).peers[0]?.name ?? "";
  };

  it("of the account itself stays as it is", () => {
    expect(shown({ name: "Bob", account: "bob" })).toBe("Bob");
  });

  it("of a guest, or of another account, says so", () => {
    expect(shown({ name: "Bob", account: null })).toBe("Bob (guest)");
    expect(shown({ name: "BOB ", account: "mallory" })).toBe("BOB (guest)");
  });

  it("nobody knows is left alone", () => {
    expect(shown({ name: "Ada", account: null })).toBe("Ada");
  });

  it("is marked wherever the person stands, until their keys prove it", () => {
    const state = sample("verified");
    const asked = withGuests({ ...state, contacts: sample("files").contacts });
    expect(asked.link?.peer.name).toBe("Bob (guest)");
    expect(withGuests(sample("contact-verified")).link?.peer.name).toBe("Bob");
  });
});

describe("the words", () => {
  it("are not asked of a verified contact, who counts as sealed", () => {
    const { link } = sample("contact-verified");
    expect(needsWords(link)).toBe(false);
    expect(isSealed(link)).toBe(true);
    expect(stageView(sample("contact-verified")).message).toBe(say.line.contact("Bob"));
  });

  it("are asked of a pinned one, who is not sealed before", () => {
    const { link } = sample("contact-pinned");
    expect(needsWords(link)).toBe(true);
    expect(isSealed(link)).toBe(false);
  });
});

it("a safety number stands in twelve groups of five, and its code holds all of them", () => {
  const number = sample("contacts").contacts[0]?.safetyNumber ?? "";
  expect(groups(number)).toHaveLength(12);
  expect(groups(number).join("")).toBe(number);
  expect(codeText("1".repeat(60))).toBe(`PEERSEAL ${"1".repeat(60)}`);
});

it("pinned and verified differ in words", () => {
  expect(new Set(Object.values(say.contacts.trust)).size).toBe(4);
  expect(new Set(Object.values(say.contacts.trustMeaning)).size).toBe(4);
});
