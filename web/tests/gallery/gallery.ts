/** Shows the real page over a sample snapshot: `?state=name`. For eyes and tests only, never built into the page. */
import { mount } from "svelte";
import type { Engine } from "../../src/transfer/commands.ts";
import type { EngineState } from "../../src/transfer/state.ts";
import App from "../../src/ui/App.svelte";
import "../../src/ui/tokens.css";
import "../../src/ui/base.css";
import { accountCommands } from "./commands.ts";
import { samples } from "./samples.ts";

const settled = (): Promise<void> => Promise.resolve();

/** Plays one snapshot; remembers what the page asked for in `window.asked`, so a test can see it. */
function playing(first: EngineState): Engine {
  const asked: string[] = [];
  Object.assign(window, { asked });
  let state = first;
  let tell = (_: EngineState): void => undefined;
  const show = (change: Partial<EngineState>): void => {
    state = { ...state, ...change };
    tell(state);
  };
  const note = (...call: readonly unknown[]): Promise<void> => {
    asked.push(call.map(String).join(" "));
    return settled();
  };
  return {
    ...accountCommands((...call) => void note(...call), () => state, show),
    subscribe: (run) => {
      tell = run;
      run(state);
      return () => undefined;
    },
    join: (name, role) => note("join", name, role),
    leave: () => note("leave"),
    makeRoom: () => note("makeRoom"),
    connect: (peer) => note("connect", peer),
    cancelConnect: () => note("cancelConnect"),
    answerRequest: (request, accept) => {
      show({ requests: state.requests.filter(({ id }) => id !== request) });
      return note("answerRequest", request, accept);
    },
    showCode: (_, name, receivers = 1) => note("showCode", name, receivers),
    withdrawCode: () => note("withdrawCode"),
    useCode: (code, name) => note("useCode", code, name),
    wordsMatch: () => {
      if (state.link !== null) show({ link: { ...state.link, check: "verified" } });
      void note("wordsMatch");
    },
    wordsDiffer: () => {
      if (state.link !== null) show({ link: { ...state.link, check: "differ", phase: "closed" } });
      void note("wordsDiffer");
    },
    disconnect: () => note("disconnect"),
    send: (items) => {
      void note("send", items.map(({ path }) => path));
      return "sent";
    },
    sendText: (text) => {
      void note("sendText", text);
      return "sent";
    },
    answerOffer: (transfer, accept) => {
      show({ transfers: state.transfers.filter(({ id }) => id !== transfer) });
      void note("answerOffer", transfer, accept);
    },
    cancel: (transfer) => void note("cancel", transfer),
    dismiss: (transfer) => void note("dismiss", transfer),
    dismissNotice: () => void note("dismissNotice"),
  };
}

const wanted = new URLSearchParams(location.search);
const state = samples[wanted.get("state") ?? "first"];
const target = document.getElementById("app");
if (state === undefined || target === null) throw new Error("no such state");
Object.assign(window, { states: Object.keys(samples) });
mount(App, { target, props: { engine: playing(state), invited: wanted.get("code") ?? "" } });
