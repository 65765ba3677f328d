/** The stage says what is true, and no more. */
import { expect, it } from "vitest";
import { figures, isSealed, needsWords, stageView } from "../../src/ui/stage.ts";
import { samples } from "../gallery/samples.ts";

const seen = (name: string): ReturnType<typeof stageView> => {
  const sample = samples[name];
  if (sample === undefined) throw new Error(`no sample ${name}`);
  return stageView(sample);
};

it("nobody there: a dotted line and no seal", () => {
  expect(seen("empty")).toMatchObject({ them: null, look: "idle", sealed: false });
});

it("a seal stands only after the words were compared", () => {
  expect(seen("unchecked").sealed).toBe(false);
  expect(seen("verified").sealed).toBe(true);
});

it("a code that matched is a seal too, with nothing to compare", () => {
  expect(seen("code-connected").sealed).toBe(true);
  expect(needsWords(samples["code-connected"]?.link ?? null)).toBe(false);
});

it("the figures of an account and of a proven contact are those of their keys; a guest's are of the peer", () => {
  const { files: state } = samples;
  if (state === undefined || state.account === null) throw new Error("no sample");
  const [bob] = state.contacts;
  const link = samples["verified"]?.link ?? null;
  if (bob === undefined || link === null) throw new Error("no sample");
  const proven = { ...link, contact: { name: bob.name, trust: bob.trust } };
  expect(figures({ ...state, link: proven })).toEqual({ you: state.account.fingerprint, them: bob.fingerprint });
  expect(figures({ ...state, link: { ...link, contact: null } }).them).toBe("");
  expect(figures({ ...state, account: null, link }).you).toBe("");
});

it("a closed link is never sealed", () => {
  expect(isSealed(samples["failed"]?.link ?? null)).toBe(false);
  expect(seen("failed").look).toBe("broken");
});

it("the line fills by the share that is through, in its direction", () => {
  expect(seen("sending")).toMatchObject({ flow: "out", part: 0.4, label: "relay" });
  expect(seen("receiving")).toMatchObject({ flow: "in", part: 0.4 });
});

it("what is read aloud moves in quarters, what is seen does not", () => {
  expect(seen("sending").announcement).toBe("photo.jpg: 25 percent");
  expect(seen("sending").message).toContain("40 %");
});

it("says where the file is when it is done", () => {
  expect(seen("done").message).toBe("photo.jpg is with Bob. 24.1 MB in 0.8 s, relay.");
});

it("who goes after everything arrived leaves the success standing", () => {
  expect(seen("code-done")).toMatchObject({ tone: "good", message: "photo.jpg is with Bob. 24.1 MB in 0.8 s, relay. Bob disconnected." });
});

it("a sentence with a hostile name shows its tricks", () => {
  expect(seen("hostile").message).not.toMatch(/\u202e/u);
});

it("that no way was found stays said when the other one leaves because of it", () => {
  const failed = samples["no-direct-path"]!;
  const link = { ...failed.link!, phase: "closed", closed: { code: "disconnected", message: "Bob disconnected.", hint: "", retryable: true } } as const;
  expect(stageView({ ...failed, link })).toMatchObject({ look: "broken", message: expect.stringContaining("There is no direct path to Bob") as string });
});
