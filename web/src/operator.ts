/** The entry of the operator's page: a build of its own, so that nobody else's page grows by it. */
import { mount } from "svelte";
import { Api } from "./client/api.ts";
import { askReadiness } from "./client/readiness.ts";
import { askServer } from "./client/server_info.ts";
import { LiveDesk } from "./operator/live_desk.ts";
import OperatorPage from "./operator/OperatorPage.svelte";
import "./ui/tokens.css";
import "./ui/base.css";

const target = document.getElementById("app");
if (target === null) throw new Error("the page has no #app element");

// A link opens this page once: what it carries leaves the address bar before anything else happens.
const secret = location.hash.length > 1 ? location.hash.slice(1) : null;
if (secret !== null) history.replaceState(null, "", location.pathname);

const base = new URL(document.querySelector<HTMLMetaElement>('meta[name="peerseal-base"]')?.content ?? "./", location.href).href;
const desk = new LiveDesk(new Api(base), secret, {
  hidden: () => document.visibilityState === "hidden",
  shown: (run) => {
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") run();
    });
  },
  now: Date.now,
  registration: async () => (await askServer(base))?.registration ?? null,
  ailments: () => askReadiness(base),
});
mount(OperatorPage, { target, props: { desk, home: base } });
