/** Compacts, writes checkpoints and vacuums a table until it is killed. Argument: address. */
import { setTimeout as sleep } from "node:timers/promises";
import { DeltaTable } from "../../lib/delta_table/delta_table.js";
import { isTslakeError } from "../../lib/errors.js";

async function main(address: string): Promise<void> {
  const table = await DeltaTable.open(address);
  const works = [() => table.optimize(), () => table.checkpoint(), () => table.vacuum({ dryRun: false })];
  for (let turn = 0; ; turn++) {
    try {
      await works[turn % works.length]?.();
    } catch (error) {
      if (!isTslakeError(error) || !error.transient) throw error;
    }
    await sleep(Math.random() * 300);
  }
}

main(process.argv[2] ?? "").catch((error: unknown) => {
  process.stderr.write(`maintenance: ${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
});
