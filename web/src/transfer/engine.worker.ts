/** The worker's entry: commands in, snapshots out. No logic here. */
import { openDrawer } from "../client/drawer.ts";
import { PageSeal } from "../client/page_seal.ts";
import { openStoreKind } from "../files/stores.ts";
import type { FromWorker, Start, ToWorker } from "./bridge.ts";
import { Journals } from "./journals.ts";
import { Live } from "./live.ts";

declare const self: DedicatedWorkerGlobalScope;

const post = (message: FromWorker): void => {
  self.postMessage(message, message.type === "direct" ? [message.port] : []);
};

let begin: (start: Start) => void;
const live = new Promise<Start>((resolve) => {
  begin = resolve;
}).then(async ({ base, canPickFolder }) => {
  const [stores, drawer] = await Promise.all([openStoreKind(), openDrawer()]);
  return new Live(base, canPickFolder, stores, drawer, await Journals.at(() => PageSeal.of(drawer), stores), post);
});

self.addEventListener("message", (event: MessageEvent<ToWorker>) => {
  const message = event.data;
  if (message.type === "start") {
    begin(message);
    return;
  }
  void live.then(async (engine) => {
    let answer: unknown;
    try {
      answer = await engine.perform(message.name, message.args);
    } catch (error) {
      engine.failed(error);
    }
    post({ type: "settled", call: message.call, answer });
  });
});
