/** A window for tests: makes the connections its worker calls for, and passes on what whoever drives the browser asks. */
import { connectDirect } from "../../src/transport/peer_connection.ts";
import type { DirectCall } from "../../src/transport/direct_messages.ts";

declare global {
  interface Window {
    /** Asks the worker for one thing (see direct.worker.ts); `{error}` with a code if that failed. */
    ask: (name: string, ...args: unknown[]) => Promise<unknown>;
  }
}

const worker = new Worker(new URL("./direct.worker.ts", import.meta.url), { type: "module" });
const waiting = new Map<number, (answer: unknown) => void>();
let calls = 0;

worker.addEventListener("message", (event: MessageEvent<DirectCall | { readonly call: number; readonly answer: unknown }>) => {
  if ("call" in event.data) {
    waiting.get(event.data.call)?.(event.data.answer);
    waiting.delete(event.data.call);
  } else connectDirect(event.data);
});

window.ask = (name, ...args) =>
  new Promise((resolve) => {
    const call = ++calls;
    waiting.set(call, resolve);
    worker.postMessage({ call, name, args });
  });
