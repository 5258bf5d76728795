import fs from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { gvm } from "./gvm.js";
import { measure, type TaskResult } from "./measure.js";
import { sales } from "./sales.js";

const OPTIONS = { workdir: { type: "string" } } as const;

export async function main(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true });
  const [task = ""] = positionals;
  const workdir = resolve(values.workdir ?? ".");
  const work = join(workdir, "out", `tslake-${task}-${process.pid}`);
  const tasks: Record<string, () => Promise<TaskResult>> = {
    sales: () => sales(join(workdir, "data", "sales"), work),
    gvm: () => gvm(join(workdir, "data", "events"), work),
    startup_sample: async () => ({ ...(await sales(join(workdir, "data", "sales_seed"), work)), lap: undefined }),
  };
  const run = tasks[task];
  if (!run) return 2;
  try {
    process.stdout.write(`${JSON.stringify(await measure("tslake", task, run))}\n`);
  } finally {
    fs.rmSync(work, { recursive: true, force: true });
  }
  return 0;
}
