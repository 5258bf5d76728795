import { createRequire } from "node:module";
import type { ArrowTable } from "../../relation/runner.js";
import type { PublicDataFrame } from "./binding.js";

/** A frame as a table of apache-arrow, by way of Arrow's stream format. The package is loaded at the first one. */
export function toArrowTable(frame: PublicDataFrame): ArrowTable {
  const { tableFromIPC } = load("apache-arrow") as ApacheArrow;
  return tableFromIPC((frame as StreamableFrame).writeIPCStream({}));
}

interface StreamableFrame extends PublicDataFrame {
  writeIPCStream(options: object): Uint8Array;
}

/** The part of apache-arrow that is used; its own types would slow down every kernel that reads ours. */
interface ApacheArrow {
  tableFromIPC(stream: Uint8Array): ArrowTable;
}

const load = createRequire(typeof __filename === "string" ? __filename : `${process.cwd()}/`);
