/**
 * A writer of the concurrency tests: appends rows of its own, and merges that also add one to a row which all writers
 * share, in turn. Started again after a kill it goes on where its commits end. Arguments: address, name, number of commits.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { DeltaTable } from "../../lib/delta_table/delta_table.js";
import { isTslakeError } from "../../lib/errors.js";
import { Relation } from "../../lib/relation/relation.js";
import { rowsOf } from "./table.js";

async function main(address: string, name: string, commits: number): Promise<void> {
  const table = await DeltaTable.open(address);
  for (let defeats = 0; ; ) {
    const done = (await (await table.snapshot()).txn(name)) ?? -1n;
    const number = Number(done) + 1;
    if (number >= commits) return;
    const txn = { appId: name, version: number };
    try {
      if (number % 2 === 0) await table.append(rowsOf(table, [[`${name}-${number}`, 1]]), { txn });
      else await count(table, name, number);
      defeats = 0;
    } catch (error) {
      if (!isTslakeError(error) || !error.transient) throw error;
      await sleep(Math.random() * Math.min(1000, 20 * 2 ** defeats++));
    }
  }
}

async function count(table: DeltaTable, name: string, number: number): Promise<void> {
  const rows = rowsOf(table, [
    ["shared", 1],
    [`${name}-${number}`, 1],
  ]);
  await table
    .merge(new Relation(rows.node, rows.runner), ["id"])
    .whenMatchedUpdate({ n: "target.n + source.n" })
    .whenNotMatchedInsertAll()
    .execute({ txn: { appId: name, version: number } });
}

const [address = "", name = "", commits = "0"] = process.argv.slice(2);
main(address, name, Number(commits)).catch((error: unknown) => {
  process.stderr.write(`${name}: ${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
});
