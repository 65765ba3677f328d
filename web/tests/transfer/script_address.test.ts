import { expect, test } from "vitest";
import { ownScript } from "../../src/transfer/script_address.ts";

const HERE = "https://files.example/pre/static/app.js";

test.each(["assets/engine.worker-1a2b.js", "./app.js", "https://files.example/pre/static/assets/x.js"])(
  "a script of the page is one: %s",
  (address) => {
    expect(ownScript(address, HERE)).toBe(new URL(address, HERE).href);
  },
);

test.each([
  "https://evil.example/pre/static/app.js",
  "//evil.example/pre/static/app.js",
  "../sw.js",
  "assets/../../api/v1/info",
  "/static/app.js",
  "data:text/javascript,alert(1)",
  "blob:https://files.example/pre/static/1",
  "https://files.example/pre/staticky.js",
])("nothing else is: %s", (address) => {
  expect(() => ownScript(address, HERE)).toThrow(TypeError);
});
