/** Shows the real operator's page over a sample: `?state=name`. For eyes and tests only, never built into the page. */
import { mount } from "svelte";
import OperatorPage from "../../src/operator/OperatorPage.svelte";
import type { Desk, OperatorState } from "../../src/operator/state.ts";
import type { Problem } from "../../src/transfer/state.ts";
import type { GuardEvent } from "../../src/wire/guard.ts";
import "../../src/ui/tokens.css";
import "../../src/ui/base.css";
import { NOW, operatorSamples } from "./operator_samples.ts";

/** Plays one state; remembers what the page asked for in `window.asked`. */
function playing(first: OperatorState): Desk {
  const asked: string[] = [];
  Object.assign(window, { asked });
  let state = first;
  let tell = (_: OperatorState): void => undefined;
  const show = (change: Partial<OperatorState>): void => {
    state = { ...state, ...change };
    tell(state);
  };
  const note = (...call: readonly unknown[]): Promise<Problem | null> => {
    asked.push(call.map(String).join(" "));
    return Promise.resolve(null);
  };
  const happen = (change: Partial<GuardEvent>): void => {
    const [latest] = state.events?.rows ?? [];
    if (latest === undefined) return;
    const next = { ...latest, ...change, id: "f".repeat(32), seq: latest.seq + 1 };
    show({ events: { rows: [next, ...(state.events?.rows ?? [])], next: state.events?.next ?? null } });
  };
  Object.assign(window, { happen });
  return {
    subscribe: (run) => {
      tell = run;
      run(state);
      return () => undefined;
    },
    look: (view) => note("look", view),
    more: (view) => note("more", view),
    why: (standing) => {
      const found = state.standings.find(({ id }) => id === standing);
      show({ looked: found === undefined ? null : { standing: found, sightings: [] } });
      return note("why", standing);
    },
    undo: (standing) => {
      show({ standings: state.standings.filter(({ id }) => id !== standing) });
      return note("undo", standing);
    },
    setMode: (mode) => {
      if (state.overview !== null) show({ overview: { ...state.overview, mode } });
      return note("setMode", mode);
    },
    allow: (what) => note("allow", what),
    disallow: (allowed) => note("disallow", allowed),
    changeAccount: (name, quota, suspended) => note("changeAccount", name, quota, suspended),
    invite: (text, hours) => note("invite", text, hours),
    forgetInvite: () => {
      show({ made: null });
    },
    endInvite: (invite) => note("endInvite", invite),
    closeReport: (report) => note("closeReport", report),
    revokeReported: (report) => note("revokeReported", report),
    leave: () => note("leave"),
  };
}

const wanted = new URLSearchParams(location.search).get("state") ?? "quiet";
const state = operatorSamples[wanted];
const target = document.getElementById("app");
if (state === undefined || target === null) throw new Error("no such state");
Object.assign(window, { states: Object.keys(operatorSamples) });
mount(OperatorPage, { target, props: { desk: playing(state), home: "./", clock: () => NOW } });
