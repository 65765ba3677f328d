/** What a stored file's row offers follows from what holds of it. */
import { expect, it } from "vitest";
import type { StoredFile, Transfer } from "../../src/transfer/state.ts";
import { actionsFor, arrival, arrivals, canOpen, found, inShelfOrder, interrupted, nearlyFull, titleOf, until } from "../../src/ui/stored/rows.ts";
import { say } from "../../src/ui/strings.ts";
import { DAY } from "../../src/ui/times.ts";
import { samples } from "../gallery/samples.ts";

const one: StoredFile = {
  id: "f", mine: true, owner: "alice", ownerTrust: "verified", title: "a.pdf", files: 1, bytes: 10, text: false, version: 1, changed: 1000,
  arriving: false, recipients: [], links: [], expires: null, history: null, transfer: null, problem: null,
};
const problem = { code: "rolled_back", message: "Older.", hint: "", retryable: false };

it("one's own file can do everything", () => {
  expect(actionsFor(one)).toEqual(["download", "update", "share", "history", "keep", "remove"]);
});

it("new is what others left after the last look, and can be opened", () => {
  const theirs = { ...one, mine: false, changed: 2000 };
  const files = [theirs, { ...theirs, problem }, { ...theirs, arriving: true }, { ...theirs, ownerTrust: "unknown" as const }, { ...one, changed: 2000 }];
  expect(arrivals(files, 1000)).toEqual([theirs]);
  expect(arrivals(files, 2000)).toEqual([]);
});

it("somebody else's can be downloaded, looked back on and taken off the list", () => {
  expect(actionsFor({ ...one, mine: false })).toEqual(["download", "history", "remove"]);
});

it("what still arrives can be fetched by its recipient, not by the one who uploads it", () => {
  const arriving = { ...one, version: 0, arriving: true };
  expect(actionsFor({ ...arriving, mine: false })).toEqual(["download", "remove"]);
  expect(actionsFor(arriving)).toEqual(["keep", "remove"]);
});

it("nothing of a file that does not hold, or of a stranger, is offered", () => {
  expect(actionsFor({ ...one, problem })).toEqual(["remove"]);
  expect(actionsFor({ ...one, mine: false, ownerTrust: "unknown" })).not.toContain("download");
  expect(canOpen({ ...one, ownerTrust: "unknown" })).toBe(false);
});

it("the newest stand first, and what arrives above them", () => {
  const order = inShelfOrder([one, { ...one, id: "new", changed: 2000 }, { ...one, id: "coming", changed: 0, arriving: true }]);
  expect(order.map(({ id }) => id)).toEqual(["coming", "new", "f"]);
});

it("what strangers left stands below all else, however new it is", () => {
  const strange = { ...one, id: "strange", mine: false, arriving: true, changed: 9000, problem: { ...problem, code: "unknown_owner" } };
  expect(inShelfOrder([strange, one, { ...one, id: "broken", changed: 2000, problem }]).map(({ id }) => id)).toEqual(["broken", "f", "strange"]);
});

it("finds by title, owner and recipient, on the side that is looked at", () => {
  const files = [one, { ...one, id: "b", mine: false, owner: "Bob", title: "x" }, { ...one, id: "c", title: "y", recipients: ["bob"] }];
  expect(found(files, "all", "BOB").map(({ id }) => id)).toEqual(["b", "c"]);
  expect(found(files, "mine", "bob").map(({ id }) => id)).toEqual(["c"]);
  expect(found(files, "theirs", "")).toHaveLength(1);
});

it("a file that cannot be opened has no title to believe", () => {
  expect(titleOf({ ...one, title: "", problem })).toBe(say.stored.untitled);
  expect(titleOf({ ...one, title: "", text: true })).toBe("A message");
});

it("an upload from this page says how far it is; anybody else's only that it comes", () => {
  const [upload] = samples["files"]?.transfers ?? [];
  expect(arrival(upload)).toBe("arriving 40 %");
  expect(arrival(undefined)).toBe("arriving");
  expect(arrival({ ...(upload as Transfer), direction: "receive" })).toBe("arriving");
});

it("a choice of keeping becomes a moment", () => {
  expect(until("never", 5)).toBeNull();
  expect(until("week", 5)).toBe(5 + 7 * DAY);
});

it("says in time that space runs out, and does not divide by a quota of nothing", () => {
  expect(nearlyFull(96, 100)).toBe(true);
  expect(nearlyFull(95, 100)).toBe(false);
  expect(nearlyFull(1, 0)).toBe(false);
});

it("is interrupted: an own upload nobody here carries is interrupted; giving up the next version is not deleting the file", () => {
  const stopped = { ...one, arriving: true };
  expect(interrupted(stopped)).toBe(true);
  expect(interrupted({ ...stopped, transfer: "1" })).toBe(false);
  expect(interrupted({ ...stopped, mine: false })).toBe(false);
  expect(actionsFor(stopped)).toContain("abandon");
  expect(actionsFor({ ...stopped, version: 0 })).not.toContain("abandon");
  expect(actionsFor({ ...stopped, transfer: "1" })).not.toContain("abandon");
});
