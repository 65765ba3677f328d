/** Breaks, parks, unfinished transfers, ways and codes for several: what is said of them is true, short and said once. */
import { describe, expect, it } from "vitest";
import type { EngineState, Interrupted, Transfer } from "../../src/transfer/state.ts";
import { canLeave, listed, needsOf, refusal, stillComing, stoppedBy, wentOnFrom } from "../../src/ui/fates.ts";
import { withGuests } from "../../src/ui/names.ts";
import { stageView } from "../../src/ui/stage.ts";
import { say } from "../../src/ui/strings.ts";
import { delivered } from "../../src/ui/strings_transfers.ts";
import { samples } from "../gallery/samples.ts";

const sample = (name: string): EngineState => {
  const found = samples[name];
  if (found === undefined) throw new Error(`no sample ${name}`);
  return found;
};
const only = (name: string): Transfer => {
  const [one] = sample(name).transfers;
  if (one === undefined) throw new Error(`no transfer in ${name}`);
  return one;
};
const unfinished = (change: Partial<Interrupted>): Interrupted => ({
  id: "i", kind: "send", title: "photo.iso", peer: "Bob", done: 94, total: 100, needsFiles: true, since: 0, ...change,
});
const state = (name: string): string => say.transfers.state(only(name), "Bob");

describe("a lost connection", () => {
  it("is calm, keeps its place on the line, and shows no seal while nobody is there", () => {
    expect(stageView(sample("reconnecting"))).toMatchObject({
      look: "lost", tone: "quiet", sealed: false, flow: "out", part: 0.94, message: "Connection lost. Trying again… Nothing is lost.",
    });
  });

  it("is announced with the same words however often the state changes, so it is read once", () => {
    const [before] = [stageView(sample("reconnecting"))];
    const later = stageView({ ...sample("reconnecting"), transfers: [{ ...only("reconnecting"), done: 5_700_000_000 }] });
    expect(later.announcement).toBe(before.announcement);
    expect(before.announcement).not.toMatch(/\d/);
  });

  it("that is over is announced with where it went on, and then with quarters again", () => {
    const at = (done: number, resumedFrom: number): string => {
      const one = { ...only("went-on"), total: 100, done, resumedFrom };
      return stageView({ ...sample("went-on"), transfers: [one] }).announcement;
    };
    expect(at(41, 40)).toBe("Connected again. photo.iso went on from 40 percent.");
    expect(at(49, 40)).toBe(at(41, 40));
    expect(at(50, 40)).toBe("photo.iso: 50 percent");
  });

  it("says in its row where it went on, while it moves and when it is done", () => {
    expect(state("went-on")).toBe("to Bob, went on from 94 %");
    expect(state("went-on-done")).toBe("with Bob. 6.0 GB in 9.4 s, went on from 94 %");
  });

  it("before anything had crossed is no place to go on from", () => {
    expect(wentOnFrom({ ...only("went-on"), resumedFrom: 0 })).toBeNull();
    expect(wentOnFrom({ ...only("went-on"), resumedFrom: null })).toBeNull();
  });

  it("of an earlier visit waits for the other one by name", () => {
    expect(stageView(sample("resumed-waiting"))).toMatchObject({ look: "lost", message: "Waiting for Bob…" });
  });
});

describe("what goes to the server", () => {
  it("lies half way, and the page says until when and that it may be closed", () => {
    const expires = new Date(2026, 4, 5, 14, 0).getTime();
    const now = new Date(2026, 4, 2, 9, 0).getTime();
    expect(say.fate.parkedMeans("Bob", expires, now)).toBe(
      "Everything Bob still misses is on the server, sealed, until Tuesday, 5 May, 14:00. You may close this page.",
    );
    expect(stageView(sample("parked"))).toMatchObject({ look: "left", part: 0.5, label: "stored", sealed: false });
  });

  it("keeps its end out of the sentence if the server did not say it", () => {
    expect(say.fate.parkedMeans("Bob", null, 0)).toBe("Everything Bob still misses is on the server, sealed. You may close this page.");
  });

  it("on its way there does not let the page go yet", () => {
    expect(stageView(sample("parking")).message).toBe("Bob left. Putting the rest on the server, sealed… Keep this page open until it is all there.");
  });

  it("is only said to be left by who left", () => {
    expect(say.fate.parking("Bob", false)).not.toContain("Bob left");
  });

  it("can be chosen for what one sends live, and for nothing else", () => {
    expect(canLeave(only("long-send"))).toBe(true);
    expect(canLeave(only("reconnecting"))).toBe(true);
    expect(canLeave(only("reconnecting"), false)).toBe(false); // the server cannot be reached
    for (const other of ["reconnecting-receiver", "parking", "parked", "direct-done", "files"]) expect(canLeave(only(other)), other).toBe(false);
  });

  it("live keeps saying that a guest is a guest, whichever way it takes", () => {
    const parked = withGuests({ ...sample("parked"), link: null, contacts: sample("files").contacts });
    expect(parked.transfers[0]?.peer.name).toBe("Bob (guest)");
  });

  it("comes from half way while the other one is still away", () => {
    expect(stageView(sample("resumed-stored"))).toMatchObject({ look: "leaving", flow: "in", part: 0.75, label: "stored" });
  });

  it("and was fetched from there is with the other one, not left", () => {
    expect(say.transfers.state({ ...only("direct-done"), path: "store" }, "Bob")).toMatch(/^with Bob\. /);
  });
});

describe("several receivers", () => {
  it("are counted while it moves and when it is done", () => {
    expect(state("receivers")).toBe("2 of 3 have it");
    expect(state("receivers-done")).toMatch(/^with all 3\. 6\.0 GB/);
    expect(delivered(only("receivers-one-failed"), "Bob")).toContain("is with 2 of 3 people.");
  });

  it("share one copy: nobody is said to have left, and the page stays open until all have used the code", () => {
    expect(state("receivers-parking")).toBe("Putting it on the server once, sealed, for all of them…");
    expect(state("receivers-parked")).toBe("2 of 3 have it");
    expect(stageView(sample("receivers-parked")).message).toMatch(/^All of it is on the server, sealed, until .* You may close this page\.$/);
    expect(stageView(sample("receivers-parked-early")).message).toContain("Keep this page open until everybody has used the code.");
    expect(stillComing(sample("receivers-parked-early"))).toBe(true);
    expect(stillComing(sample("code-several-guessed"))).toBe(false);
  });

  it("of one code: who failed is named, and what the others get goes on", () => {
    const code = sample("code-several-guessed").code;
    if (code === null) throw new Error("no code");
    expect(say.several.ended("wrong_code", code)).toContain("1 of 3 had used it: what they get goes on.");
    expect(say.several.ended("lost", { ...code, used: 0 })).toContain("nothing was sent");
  });
});

describe("an unfinished transfer", () => {
  it("asks with its title and its share", () => {
    expect(say.unfinished.title("photo.iso", 94)).toBe("Resume “photo.iso” at 94\u00a0%?");
    expect(say.unfinished.title("photo.iso", 0)).toBe("Resume “photo.iso”?");
    expect(say.unfinished.title("a\u202eb", 1)).not.toContain("\u202e");
  });

  it.each([
    ["photo.iso", "files"], ["Holiday (300 files)", "folder"], ["Holiday and 2 more", "several"], ["Holiday and more (9 files)", "several"],
    ["more (of this).txt", "files"],
  ])("of ours called %s needs %s again", (title, needs) => {
    expect(needsOf(unfinished({ title }))).toBe(needs);
    expect(needsOf(unfinished({ title, needsFiles: false }))).toBe("nothing");
  });

  it("says what discarding it loses, for the side it is on", () => {
    expect(say.unfinished.discardMeans(unfinished({ kind: "receive", done: 5_640_000_000 }))).toBe(
      "The 5.6 GB that arrived are deleted here. Bob would have to send it again from the start.",
    );
    expect(say.unfinished.discardMeans(unfinished({}))).toContain("Your own files stay as they are.");
  });

  it("that stopped in this visit is a card with the reason, not a failure beside it", () => {
    const now = sample("interrupted-now");
    expect(listed(now)).toEqual([]);
    expect(stoppedBy("t1", now.transfers)?.code).toBe("stream_cut");
    expect(listed({ ...now, interrupted: [] })).toHaveLength(1);
  });

  it("says beside itself that other files were chosen", () => {
    expect(refusal(sample("interrupted-other-files"))?.code).toBe("other_files");
    expect(refusal({ ...sample("interrupted-other-files"), interrupted: [] })).toBeNull();
    expect(refusal({ ...sample("interrupted"), notice: sample("refused").notice })).toBeNull();
  });
});

describe("what failed", () => {
  it.each([
    ["no-direct-path", /no direct path to Bob.*“Fastest” under Way/], ["source-changed", /changed since it was begun/],
    ["parking-closed", /keeps nothing for people who left/], ["forgotten", /Bob came back but has forgotten/],
  ])("%s says what it means and what to do", (name, words) => {
    expect(state(name)).toMatch(words);
  });

  it("in files on the server keeps the words it came with", () => {
    const shelved: Transfer = { ...only("forgotten"), peer: { ...only("forgotten").peer, id: "store-1" } };
    expect(say.transfers.state(shelved, "Bob")).toBe("No direct path to the other side could be found.");
  });
});
