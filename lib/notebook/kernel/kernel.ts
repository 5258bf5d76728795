import { realpathSync } from "node:fs";
import { basename, join, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { listenToDisplays } from "../../display.js";
import { listenToProgress } from "../../progress.js";
import { cellCompiler } from "./cell_compiler.js";
import { type CellRequest, Cells, type LiveLibrary, SCHEME } from "./cells.js";
import { beginExploration } from "./clone.js";
import { completeReply } from "./completion.js";
import { Interrupts } from "./interrupts.js";
import type { JupyterHandler, Message, ZmqServer } from "./tslab.js";

/**
 * tslab's Jupyter kernel, made fit for a workspace: notebooks import the library from its sources as they are at that
 * moment; cells are checked as `npm run check` checks them; a failed cell answers as Jupyter's protocol wants it.
 *
 * Runs until Jupyter shuts it down.
 */
export interface KernelSpec {
  /** The workspace's folder. */
  readonly root: string;
  /** The file in which Jupyter says which sockets to open. */
  readonly connection: string;
  readonly library: LiveLibrary;
}

export function startKernel({ root, connection, library }: KernelSpec): void {
  const compiler = cellCompiler(root);
  const endable = [SCHEME, pathToFileURL(join(root, "lib") + sep).href];
  const interrupts = new Interrupts(endable, () => cells.interrupt());
  const cells = new Cells(compiler, library, interrupts, notebookName());
  const banner = beginExploration(root);
  answerImports(root, library, () => cells.announce(banner));
  const { JupyterHandler, ZmqServer } = compiler.tslab;
  const handler = new JupyterHandler(cells.executor, false);
  handler.handleComplete = ({ code, cursor_pos }) =>
    completeReply(code, cursor_pos, cells.executor.complete(code, cursor_pos));
  warmUpAfter(handler, cells);
  const server = new ZmqServer(handler, connection);
  serveCells(server, cells);
  endOnShutdown(server);
  listenToDisplays((data) => cells.show(data), "kernel");
  listenToProgress((...line) => cells.progress(...line));
  process.on("uncaughtException", report);
  process.on("unhandledRejection", report);
  server.init().catch((error: unknown) => {
    process.exitCode = 1;
    report(error);
  });
}

/** The entry points of the library as notebooks import them, and the files that they are. */
const ENTRIES = { "lib/main.cjs": "lib/index.ts", "lib/tables/main.cjs": "lib/tables/index.ts" };

/** Makes imports of the library give its sources' exports in place of those of the built one. */
function answerImports(root: string, library: LiveLibrary, imported: () => void): void {
  for (const [entry, file] of Object.entries(ENTRIES)) {
    const filename = realpathSync(join(root, entry));
    const module = {
      id: filename,
      filename,
      loaded: true,
      children: [],
      paths: [],
      get exports() {
        imported();
        return library.require(file);
      },
    };
    require.cache[filename] = module as unknown as NodeJS.Module;
  }
}

/** Jupyter tells a kernel which notebook it serves by an environment variable, if at all. */
function notebookName(): string {
  return basename(process.env["JPY_SESSION_NAME"] ?? "notebook");
}

/** Replaces tslab's way of executing cells. */
function serveCells(server: ZmqServer, cells: Cells): void {
  const publish = server.publishStatus.bind(server);
  let running: Message | undefined;
  // A cell is busy from its start, not from its arrival, and a question in between does not make the kernel idle.
  server.publishStatus = (status, parent) => {
    if (status === "busy" && parent.header.msg_type === EXECUTE) return;
    publish(status, parent);
    if (status === "idle" && running !== undefined && parent !== running) publish("busy", running);
  };
  server.handleExecute = async (socket, request) => {
    const send = (type: string, content: unknown, to = server.iopub): void => {
      const message = request.createReply();
      message.header.msg_type = type;
      message.content = content;
      message.signAndSend(server.connInfo.key, to);
    };
    const cell = request.content as CellRequest;
    const reply = await cells.execute(cell, {
      started: (count) => {
        running = request;
        publish("busy", request);
        if (cell.silent !== true) send("execute_input", { code: cell.code, execution_count: count });
      },
      stream: (name, text) => send("stream", { name, text }),
      display: (content, update) => send(update ? "update_display_data" : "display_data", content),
      error: (error) => send("error", error),
    });
    if (running === request) running = undefined;
    send("execute_reply", reply, socket);
  };
}

const EXECUTE = "execute_request";

/** Prepares for the first cell's imports in the time that a person takes to run it, once Jupyter knows that we are ready. */
function warmUpAfter(handler: JupyterHandler, cells: Cells): void {
  const answer = handler.handleKernel.bind(handler);
  let timer: NodeJS.Timeout | undefined;
  handler.handleKernel = () => {
    clearTimeout(timer);
    timer = setTimeout(() => cells.warmUp(Object.values(ENTRIES)), WARM_UP_DELAY);
    return answer();
  };
}

/** Open handles of a cell do not keep the process once Jupyter has asked it to end. */
function endOnShutdown(server: ZmqServer): void {
  const answer = server.handleShutdown.bind(server);
  server.handleShutdown = (socket, request) => {
    answer(socket, request);
    // The answer is sent by another thread.
    setTimeout(() => process.exit(0), SENDING);
  };
}

/** Milliseconds in which a frontend asks its first questions. */
const WARM_UP_DELAY = 1000;

/** Milliseconds within which a message is sent. */
const SENDING = 100;

function report(error: unknown): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`${text}\n`);
}
