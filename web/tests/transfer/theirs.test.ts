/** What the other side did is said by name and from this side. */
import { expect, test } from "vitest";
import { theirProblem } from "../../src/transfer/theirs.ts";

const alice = { id: "a1", tag: "a1a1", name: "Alice", role: "sender", account: null } as const;

test.each([
  ["cancelled", "receive", "Alice withdrew it."],
  ["cancelled", "send", "Alice stopped it."],
  ["source_changed", "receive", "A file changed on Alice's side."],
  ["no_space", "send", "There is not enough room on Alice's device."],
  ["busy", "send", "Alice cannot take another one now."],
  ["disconnected", "receive", "Alice disconnected."],
] as const)("%s, while this side would %s: %s", (code, direction, expected) => {
  expect(theirProblem(code, alice, direction)).toMatchObject({ code, message: expected });
});

test("who is asked to send again is the one who can", () => {
  expect(theirProblem("source_changed", alice, "receive").hint).toBe("Ask Alice to send it again.");
});

test("a code this page does not know says no more than that it ended", () => {
  expect(theirProblem("constructor", alice, "send").code).toBe("cancelled");
});

test("a long name is cut, so that the sentence stays one", () => {
  expect(theirProblem("left", { ...alice, name: "a".repeat(200) }, "send").message).toHaveLength(46);
});

test("that they take direct paths only is said as theirs, not as this side's choice", () => {
  const said = theirProblem("no_direct_path", alice, "send");
  expect(said).toMatchObject({ code: "their_way", message: "Alice takes direct paths only, and there is none between you." });
});
