/** The worker's entry: commands in, snapshots out. No logic here. */
import { openStoreKind } from "../files/stores.ts";
import type { FromWorker, Start, ToWorker } from "./bridge.ts";
import { Live } from "./live.ts";

declare const self: DedicatedWorkerGlobalScope;

const post = (message: FromWorker): void => {
  self.postMessage(message);
};

let begin: (start: Start) => void;
const live = new Promise<Start>((resolve) => {
  begin = resolve;
}).then(async ({ base, canPickFolder }) => new Live(base, canPickFolder, await openStoreKind(), post));

self.addEventListener("message", (event: MessageEvent<ToWorker>) => {
  const message = event.data;
  if (message.type === "start") {
    begin(message);
    return;
  }
  void live.then(async (engine) => {
    const command = engine[message.name] as (...args: unknown[]) => Promise<void> | void;
    try {
      await command.apply(engine, [...message.args]);
    } catch (error) {
      engine.failed(error);
    }
    post({ type: "settled", call: message.call });
  });
});
