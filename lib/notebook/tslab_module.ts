import type { MimeBundle } from "./document.js";

type Send = (data: MimeBundle, id: string, update: boolean) => void;

/** What `require("tslab")` gives in a headless run: its `display` and `newDisplay`, sending to the runner. */
export function tslabModule(send: Send): object {
  let displays = 0;
  const make = (id: string): object => {
    let shown = false;
    const raw = (type: string, content: string | Uint8Array): void => {
      const text = typeof content === "string" ? content : Buffer.from(content).toString("base64");
      send({ [type]: text }, id, id !== "" && shown);
      shown = true;
    };
    const methods = Object.entries(TYPES).map(([name, type]) => [name, (content: string) => raw(type, content)]);
    return { raw, ...Object.fromEntries(methods) };
  };
  return {
    display: make(""),
    newDisplay: () => make(`display-${++displays}`),
    versions: { node: process.version },
  };
}

/** tslab's methods and the MIME types that they send. */
const TYPES = {
  javascript: "text/javascript",
  html: "text/html",
  markdown: "text/markdown",
  latex: "text/latex",
  svg: "image/svg+xml",
  png: "image/png",
  jpeg: "image/jpeg",
  gif: "image/gif",
  pdf: "application/pdf",
  text: "text/plain",
};

/** A module's exports as an ES module's namespace, as TypeScript's `__importStar` makes it. */
export function interop(exports: unknown): object {
  if (typeof exports === "object" && exports !== null && "__esModule" in exports && exports.__esModule) return exports;
  const namespace: Record<string, unknown> = {};
  if (exports !== null && exports !== undefined) {
    for (const key of Object.keys(exports)) {
      if (key !== "default")
        Object.defineProperty(namespace, key, { enumerable: true, get: () => Reflect.get(exports, key) });
    }
  }
  namespace["default"] = exports;
  return namespace;
}
