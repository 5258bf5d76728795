import { type ChildProcess, spawn } from "node:child_process";
import { createHmac, randomUUID } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { freePorts } from "../../bench/free_port.js";

/** One cell's outcome in the kernel: its messages on the IOPub channel as nbformat outputs, in order. */
export interface KernelCell {
  readonly status: string;
  readonly outputs: readonly KernelOutput[];
}

export type KernelOutput =
  | { readonly output_type: "stream"; readonly name: string; text: string }
  | DisplayOutput
  | ErrorOutput;

export interface ErrorOutput {
  readonly output_type: "error";
  readonly ename: string;
  readonly evalue: string;
  readonly traceback: readonly string[];
}

interface DisplayOutput {
  readonly output_type: "display_data";
  data: Record<string, unknown>;
  readonly metadata: Record<string, unknown>;
}

interface Message {
  readonly header: { readonly msg_type: string };
  readonly parent: { readonly msg_id?: string };
  readonly content: Record<string, unknown>;
}

interface Socket {
  connect(address: string): void;
  close(): void;
  send(frames: readonly (string | Buffer)[]): Promise<void>;
  receive(): Promise<Buffer[]>;
}

/** The kernel's own library for its side of the same sockets. */
interface ZeroMq {
  readonly Dealer: new () => Socket;
  readonly Subscriber: new () => Socket & { subscribe(): void };
}

const require = createRequire(import.meta.url);

/**
 * Runs the code cells of a notebook in the workspace's kernel, as JupyterLab does: one kernel, its working directory `cwd`,
 * one execute request after the other, until one fails. What the kernel says by itself is left out. The kernel is ended before
 * this returns.
 */
export async function runInKernel(
  notebook: string,
  cwd: string = dirname(notebook),
  env: Readonly<Record<string, string>> = {},
): Promise<KernelCell[]> {
  const document = JSON.parse(readFileSync(notebook, "utf8")) as {
    cells: { cell_type: string; source: string | string[] }[];
  };
  const sources = document.cells
    .filter((cell) => cell.cell_type === "code")
    .map((cell) => (typeof cell.source === "string" ? cell.source : cell.source.join("")));
  const kernel = await startKernel(cwd, env);
  try {
    const cells: KernelCell[] = [];
    for (const source of sources) {
      const cell = await kernel.execute(source);
      cells.push(cell);
      if (cell.status !== "ok") break;
    }
    return cells;
  } finally {
    await kernel.close();
  }
}

/** The kernel as a client sees it. */
export interface Kernel {
  execute(code: string): Promise<KernelCell>;
  /** Sends several cells at once and answers their statuses. */
  executeAll(...codes: readonly string[]): Promise<string[]>;
  complete(code: string, position?: number): Promise<{ readonly matches: string[]; readonly cursor_start: number }>;
  interrupt(): void;
  /** The lines in which the kernel has told how far long work was, empty where they were taken away again. */
  readonly progress: readonly string[];
  close(): Promise<void>;
}

/** Starts the kernel of the workspace in `root`. */
export async function startKernel(
  cwd: string,
  env: Readonly<Record<string, string>> = {},
  root: string = join(import.meta.dirname, "../.."),
): Promise<Kernel> {
  const zmq = createRequire(require.resolve("tslab/package.json"))("zeromq") as ZeroMq;
  const ports = await freePorts(5);
  const key = randomUUID();
  const folder = mkdtempSync(join(tmpdir(), "tslake-kernel-"));
  const config = join(folder, "connection.json");
  const names = ["shell_port", "iopub_port", "stdin_port", "control_port", "hb_port"];
  const connection = { transport: "tcp", ip: "127.0.0.1", key, signature_scheme: "hmac-sha256" };
  writeFileSync(config, JSON.stringify({ ...connection, ...Object.fromEntries(names.map((n, i) => [n, ports[i]])) }));
  const argv = ["--no-force-async-hooks-checks", join(root, "bin", "kernel.js"), config];
  const child = spawn(process.execPath, argv, {
    cwd,
    // The bundle of a test holds less than the kernel needs.
    env: { ...process.env, TSLAKE_BUNDLE: undefined, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let log = "";
  child.stdout.on("data", (chunk: Buffer) => (log += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (log += chunk.toString()));
  const ended = new Promise<never>((_, reject) => {
    child.once("exit", (code, signal) => reject(new Error(`the kernel ended (${code ?? signal}): ${log}`)));
  });
  ended.catch(() => undefined);

  const shell = new zmq.Dealer();
  const iopub = new zmq.Subscriber();
  shell.connect(`tcp://127.0.0.1:${ports[0]}`);
  iopub.connect(`tcp://127.0.0.1:${ports[1]}`);
  iopub.subscribe();
  const channel: Channel = { shell, iopub, key, ended, displays: new Map(), progress: [] };
  await ready(channel);
  return {
    execute: (code: string) => execute(channel, code),
    executeAll: async (...codes) => {
      const ids: string[] = [];
      for (const code of codes) ids.push(await request(channel, "execute_request", { code, stop_on_error: true }));
      const statuses: string[] = [];
      for (const id of ids) statuses.push(String((await reply(channel, id))["status"]));
      return statuses;
    },
    complete: async (code, position = code.length) => {
      const id = await request(channel, "complete_request", { code, cursor_pos: position });
      return (await reply(channel, id)) as { matches: string[]; cursor_start: number };
    },
    interrupt: () => child.kill("SIGINT"),
    progress: channel.progress,
    close: async () => {
      shell.close();
      iopub.close();
      await end(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

interface Channel {
  readonly shell: Socket;
  readonly iopub: Socket;
  readonly key: string;
  readonly ended: Promise<never>;
  /** Outputs that a later message may replace, by display id. */
  readonly displays: Map<string, DisplayOutput>;
  readonly progress: string[];
}

/** Asks until a status arrives on IOPub: before that the subscription is not in place and outputs would be lost. */
async function ready(channel: Channel): Promise<void> {
  let heard = false;
  const first = Promise.race([channel.iopub.receive(), channel.ended]).then(() => {
    heard = true;
  });
  while (!heard) {
    await request(channel, "kernel_info_request", {});
    await Promise.race([first, new Promise((resolve) => setTimeout(resolve, 100))]);
  }
}

async function execute(channel: Channel, code: string): Promise<KernelCell> {
  const id = await request(channel, "execute_request", {
    code,
    silent: false,
    store_history: true,
    allow_stdin: false,
  });
  const outputs: KernelOutput[] = [];
  for (;;) {
    const message = parse(await Promise.race([channel.iopub.receive(), channel.ended]));
    if (message.parent.msg_id !== id) continue;
    const content = message.content as {
      data: Record<string, unknown>;
      metadata?: Record<string, unknown>;
      transient?: { display_id?: string };
      name: string;
      text: string;
      execution_state: string;
    };
    if (content.metadata?.["tslake"] === "progress") channel.progress.push(String(content.data["text/plain"] ?? ""));
    switch (message.header.msg_type) {
      case "stream": {
        const last = outputs.at(-1);
        if (last?.output_type === "stream" && last.name === content.name) last.text += content.text;
        else outputs.push({ output_type: "stream", name: content.name, text: content.text });
        break;
      }
      case "display_data": {
        const { data, metadata = {} } = content;
        if ("tslake" in metadata) break;
        const output = { output_type: "display_data", data, metadata } as const;
        outputs.push(output);
        if (content.transient?.display_id !== undefined) channel.displays.set(content.transient.display_id, output);
        break;
      }
      case "update_display_data": {
        const output = channel.displays.get(content.transient?.display_id ?? "");
        if (output !== undefined) output.data = content.data;
        break;
      }
      case "error": {
        const { ename, evalue, traceback } = message.content as unknown as ErrorOutput;
        outputs.push({ output_type: "error", ename, evalue, traceback });
        break;
      }
      case "status":
        if (content.execution_state === "idle") {
          return { status: String((await reply(channel, id))["status"]), outputs };
        }
    }
  }
}

async function reply(channel: Channel, id: string): Promise<Record<string, unknown>> {
  for (;;) {
    const message = parse(await Promise.race([channel.shell.receive(), channel.ended]));
    if (message.parent.msg_id === id) return message.content;
  }
}

async function request(channel: Channel, type: string, content: unknown): Promise<string> {
  const id = randomUUID();
  const header = {
    msg_id: id,
    msg_type: type,
    session: "test",
    username: "test",
    version: "5.3",
    date: "2023-01-01T00:00:00Z",
  };
  const parts = [header, {}, {}, content].map((part) => JSON.stringify(part));
  const hmac = createHmac("sha256", channel.key);
  for (const part of parts) hmac.update(part);
  await channel.shell.send(["<IDS|MSG>", hmac.digest("hex"), ...parts]);
  return id;
}

function parse(frames: readonly Buffer[]): Message {
  const start = frames.findIndex((frame) => frame.toString() === "<IDS|MSG>");
  const [header, parent, , content] = frames.slice(start + 2).map((frame) => JSON.parse(frame.toString()) as never);
  return { header, parent, content } as unknown as Message;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await exited;
}
