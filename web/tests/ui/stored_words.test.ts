/** Sentences about stored files name people, counts and ends as they are. */
import { expect, it } from "vitest";
import { together } from "../../src/ui/strings_stored.ts";
import { counted, unnumbered } from "../../src/ui/account/words.ts";
import { say } from "../../src/ui/strings.ts";
import { samples } from "../gallery/samples.ts";

it.each([
  [[], ""],
  [["bob"], "bob"],
  [["bob", "carol"], "bob and carol"],
  [["a", "b", "c"], "a, b and c"],
  [["a", "b", "c", "d", "e"], "a, b and 3 more"],
])("%j together is %s", (names, expected) => {
  expect(together(names)).toBe(expected);
});

it("names in sentences show their tricks", () => {
  expect(together(["\u202egnp"])).not.toContain("\u202e");
  expect(say.contacts.changedTitle("\u202egnp")).not.toContain("\u202e");
});

it("keys that are in no book any more are called that, not by their hex alone", () => {
  expect(together(["bob", "(5e2457e1…)"])).toBe("bob and somebody’s earlier keys (5e2457e1…)");
});

it("a link that is used up says so, and counts nothing down", () => {
  expect(say.opened.left(0)).toBe("It was downloaded as often as it may be.");
  expect(say.opened.left(2)).toBe("It can be downloaded 2 times more.");
});

it("a link says what is used and what is left", () => {
  const links = samples["files"]?.files?.find(({ title }) => title === "contract.pdf")?.links ?? [];
  expect(links.map((link) => say.stored.linkCount(link))).toEqual(["1 of 3 downloads used, 2 left", "downloaded 12 times"]);
});

it("deleting a shared file says for whom it ends", () => {
  const [contract] = samples["files"]?.files?.filter(({ title }) => title === "contract.pdf") ?? [];
  if (contract === undefined) throw new Error("no sample");
  expect(say.stored.removeMeans(contract)).toContain("bob and carol will not find it any more, and its links stop working");
  expect(say.stored.removeMeans({ ...contract, recipients: [], links: [] })).not.toContain("everybody");
});

it("a stored transfer says it lies on the server, not with anybody", () => {
  const [upload] = samples["files"]?.transfers ?? [];
  if (upload === undefined) throw new Error("no sample");
  expect(say.transfers.state({ ...upload, phase: "done", seconds: 2, done: 480_000_000 }, "bob")).toBe("left on the server. 480 MB in 2.0 s");
});

it("counts typed words whatever stands between them", () => {
  expect(counted("  legal \n winner\tthank ")).toBe(3);
  expect(counted("")).toBe(0);
  expect(counted("1. legal 2. winner\n3) thank")).toBe(3);
  expect(unnumbered("1. legal 2. winner\n3) thank").split(/\s+/u)).toEqual(["legal", "winner", "thank"]);
});
