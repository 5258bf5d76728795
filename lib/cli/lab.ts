import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { UsageError } from "../errors.js";
import type { Settings } from "../settings.js";
import { filterNotebooks } from "./git_filter.js";
import { findJupyter, jupyterFolder, registerKernel } from "./jupyter.js";

/** How JupyterLab is served. */
export interface LabFlags {
  readonly port: number;
  /** The address to listen on. */
  readonly ip: string;
  /** The address on which others reach it, where that is another: a container's port is published by its host. */
  readonly publishedOn?: string;
  /** False keeps the browser closed. */
  readonly browser: boolean;
}

/** Without `JUPYTER_TOKEN` this is the token. */
const DEFAULT_TOKEN = "1234";
/** Milliseconds after which the server is asked again. */
const LONGEST_ANSWER = 5000;

/**
 * Opens the workspace in JupyterLab and serves it until it is stopped: registers the kernel, sees to it that there is a lake
 * to look at, and keeps the outputs that Lab saves out of git. Nothing is written outside the workspace.
 * @returns the exit status
 * @throws UsageError when Jupyter is missing and cannot be installed, or has no free port
 */
export async function openLab(settings: Settings, flags: LabFlags): Promise<number> {
  const { root } = settings;
  const jupyter = await findJupyter(root, say);
  registerKernel(root);
  const filtered = filterNotebooks(root);
  if (filtered !== undefined) say(filtered);
  landSamples(settings);
  const token = process.env["JUPYTER_TOKEN"] || DEFAULT_TOKEN;
  const address = flags.publishedOn ?? flags.ip;
  if (token === DEFAULT_TOKEN && !isLoopback(address)) {
    say(`WARNING: everyone who reaches ${address}:${flags.port} can run code here with the default token 1234.`);
    say("         Set JUPYTER_TOKEN to a secret.");
  }
  const server = serve(jupyter, root, token, flags);
  const stopped = untilStopped(server);
  const base = `http://${isAny(flags.ip) ? "127.0.0.1" : flags.ip}:${flags.port}`;
  if (await answers(`${base}/api`, server)) {
    const shown = isLoopback(address) || isAny(address) ? "127.0.0.1" : address;
    say(`JupyterLab: http://${shown}:${flags.port}/lab?token=${token === DEFAULT_TOKEN ? token : "…"}`);
    say(
      process.env["TSLAKE_COMMIT"] === "1"
        ? `Notebooks write to the lake itself: ${settings.lake}`
        : "Notebooks work on a clone of the lake; TSLAKE_COMMIT=1 npm run lab lets them write to the lake itself.",
    );
    say("Ctrl+C stops it.");
  } else if (server.exitCode !== 0) {
    say(`JupyterLab did not start; see above. At another port: npm run lab -- --port ${flags.port + 1}`);
  }
  return stopped;
}

function serve(jupyter: string, root: string, token: string, { port, ip, browser }: LabFlags): ChildProcess {
  const folder = jupyterFolder(root);
  const argv = [
    `--ServerApp.ip=${ip}`,
    `--ServerApp.port=${port}`,
    "--ServerApp.port_retries=0",
    `--ServerApp.root_dir=${root}`,
    "--ServerApp.log_level=WARN",
    "--MappingKernelManager.default_kernel_name=tslab",
    "--LabApp.default_url=/lab/tree/README.md",
    "-y",
    ...(browser ? [] : ["--no-browser"]),
    ...(process.getuid?.() === 0 ? ["--allow-root"] : []),
  ];
  return spawn(jupyter, argv, {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
    env: {
      ...process.env,
      // Kernels and terminals in Lab find the library as it is then.
      TSLAKE_BUNDLE: undefined,
      JUPYTER_TOKEN: token,
      JUPYTER_CONFIG_DIR: join(folder, "config"),
      JUPYTER_DATA_DIR: join(folder, "data"),
      JUPYTER_RUNTIME_DIR: join(folder, "runtime"),
      JUPYTERLAB_SETTINGS_DIR: join(folder, "settings"),
      JUPYTERLAB_WORKSPACES_DIR: join(folder, "workspaces"),
      IPYTHONDIR: join(folder, "ipython"),
    },
  });
}

/** Where there is no lake yet and the samples may feed it, the pipeline makes one: there is something to look at. */
function landSamples({ root, isShipped, lakeFolder }: Settings): void {
  if (!isShipped || fs.existsSync(lakeFolder)) return;
  say("There is no lake yet: the pipeline makes it from the samples.");
  const { status } = spawnSync(process.execPath, [join(root, "bin", "pipeline.js")], { cwd: root, stdio: "inherit" });
  if (status !== 0) say("The pipeline did not succeed; see above. JupyterLab starts all the same.");
}

function untilStopped(server: ChildProcess): Promise<number> {
  // The terminal's Ctrl+C reaches the server itself.
  process.on("SIGINT", () => undefined);
  process.on("SIGTERM", () => server.kill("SIGTERM"));
  return new Promise((resolve, reject) => {
    server.once("error", (cause) => reject(new UsageError("JupyterLab cannot be started", { cause })));
    server.once("exit", (status, signal) => resolve(status ?? (signal === "SIGTERM" ? 0 : 1)));
  });
}

/** Waits for the server's first answer; false when it ends before. */
async function answers(url: string, server: ChildProcess): Promise<boolean> {
  while (server.exitCode === null && server.signalCode === null) {
    const answered = await fetch(url, { signal: AbortSignal.timeout(LONGEST_ANSWER) }).then(
      (response) => response.ok,
      () => false,
    );
    if (answered) return true;
    await setTimeout(200);
  }
  return false;
}

function isLoopback(address: string): boolean {
  return address === "localhost" || address === "::1" || address.startsWith("127.");
}

function isAny(address: string): boolean {
  return ["0.0.0.0", "::", "*", ""].includes(address);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
