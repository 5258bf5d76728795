import fs from "node:fs";
import { createServer, type Server, type ServerResponse } from "node:http";
import { extname, join, resolve, sep } from "node:path";
import { nowMillis } from "../clock.js";
import { UsageError } from "../errors.js";
import { readProgress } from "../pipeline/progress.js";

/** Where a report is served. */
export interface ServeOptions {
  /** Absolute folder of the site. */
  readonly folder: string;
  /** Absolute folder of the runs' records. */
  readonly lakeFolder: string;
  /** Default: this machine only. */
  readonly host?: string;
  /** 0 takes any that is free. */
  readonly port: number;
}

/** A report that is being served. */
export interface ServedReport {
  readonly url: string;
  close(): Promise<void>;
}

const LOOPBACK = "127.0.0.1";
const LOOPBACKS = new Set([LOOPBACK, "localhost", "::1"]);
const LOOK_EVERY = 400;
const LISTS = ["index.html", join("runs", "index.html"), "state.json"];
const TYPES: Readonly<Record<string, string>> = { ".html": "text/html; charset=utf-8" };
const HEADERS = {
  "cache-control": "no-cache",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
} as const;

/**
 * Serves a report with the progress of the run that works on its lake: pages reload when the report has been written again.
 * @throws UsageError when the port is taken or the host is none of this machine
 */
export async function serveReport(options: ServeOptions): Promise<ServedReport> {
  const watchers = new Set<ServerResponse>();
  let told = "";
  const { host = LOOPBACK, port } = options;
  const server = createServer((request, response) => {
    if (request.method !== "GET" && request.method !== "HEAD") return refuse(response, 405);
    if (!isMeant(request.headers.host, host)) return refuse(response, 403);
    const path = pathOf(request.url ?? "/");
    if (path === undefined) return refuse(response, 400);
    if (path !== "/events") return sendPage(options.folder, path, response);
    response.writeHead(200, { ...HEADERS, "content-type": "text/event-stream" });
    told = stateOf(options);
    response.write(`retry: 1000\ndata: ${told}\n\n`);
    watchers.add(response);
    response.on("close", () => watchers.delete(response));
  });
  await listen(server, host, port);
  const timer = setInterval(() => {
    if (watchers.size === 0) return;
    const now = stateOf(options);
    if (now === told) return;
    told = now;
    for (const watcher of watchers) watcher.write(`data: ${now}\n\n`);
  }, LOOK_EVERY);
  const address = server.address();
  const open = typeof address === "object" && address !== null ? address.port : port;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${open}/`,
    close: async () => {
      clearInterval(timer);
      for (const watcher of watchers) watcher.end();
      await new Promise((done) => server.close(done));
    },
  };
}

/** What watchers are told: the run that works now, and when lists were last written, for they are looked at again then. */
function stateOf({ folder, lakeFolder }: ServeOptions): string {
  const times = LISTS.map((name) => fs.statSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs ?? 0);
  return JSON.stringify({ run: readProgress(lakeFolder, nowMillis()) ?? null, written: Math.max(...times) });
}

/**
 * Whether a request names this server. At an address of this machine only, a page from elsewhere must not read the report by
 * giving its own name that address.
 */
function isMeant(header: string | undefined, host: string): boolean {
  if (!LOOPBACKS.has(host)) return true;
  return LOOPBACKS.has((header ?? "").replace(/:\d+$/, "").replace(/^\[|\]$/g, ""));
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((done, fail) => {
    server.once("error", (cause) => {
      fail(
        new UsageError("the report cannot be served there", {
          actual: `${host}:${port}`,
          remedy: "name another port with --port, or another address with --host",
          cause,
        }),
      );
    });
    server.listen(port, host, done);
  });
}

/** The decoded path of a request; undefined when it is none. */
function pathOf(url: string): string | undefined {
  try {
    return decodeURIComponent(new URL(url, "http://here.invalid").pathname);
  } catch {
    return undefined;
  }
}

function sendPage(folder: string, path: string, response: ServerResponse): void {
  const file = resolve(join(folder, path.endsWith("/") ? `${path}index.html` : path));
  const type = TYPES[extname(file)];
  if (!file.startsWith(folder + sep) || type === undefined || path.includes("\0")) return refuse(response, 404);
  let text: string;
  try {
    text = fs.readFileSync(file, "utf8");
  } catch {
    return refuse(response, 404);
  }
  response.writeHead(200, { ...HEADERS, "content-type": type });
  // Only pages from here ask for the progress of a run.
  response.end(text.replace('<html lang="en">', '<html lang="en" data-live>'));
}

function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status, { ...HEADERS, "content-type": "text/plain" });
  response.end(`${status}\n`);
}
