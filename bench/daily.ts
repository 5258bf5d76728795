import { execFile } from "node:child_process";
import fs from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { addDays } from "../lib/clock.js";
import { EVENT_NAMES, LAST_DAY } from "./history.js";
import { clock, PeakWatch, type TaskResult } from "./measure.js";

/** New events of a day, in all three tables together; one in ten comes late. */
const NEW_EVENTS = 10_000;

/**
 * A day's new events on a long history: the pipeline's command brings the three silver histories and gold up to date. The
 * files are in bronze before the clock starts, and the day before has been run in the same way.
 * @param purchases in the history
 */
export async function daily(root: string, lake: string, work: string, purchases: number): Promise<TaskResult> {
  const landing = join(work, "landing");
  const run = (day: string, ...tables: readonly string[]) => pipeline(root, lake, landing, day, tables);
  const bronze = EVENT_NAMES.map((name) => `bronze.${name}`);
  const built = [...EVENT_NAMES.map((name) => `silver.${name}`), "gold.gvm"];
  const [warmUp, measured] = [addDays(LAST_DAY, 1), addDays(LAST_DAY, 2)];
  land(landing, warmUp, purchases);
  await run(warmUp, ...bronze, ...built);
  land(landing, measured, purchases);
  await run(measured, ...bronze);
  const watch = new PeakWatch();
  const stop = clock();
  const written = await run(measured, ...built);
  return { lap: stop(), childPeakMb: watch.stop(), checksum: async () => written };
}

/** Rows that each step has written. */
async function pipeline(
  root: string,
  lake: string,
  landing: string,
  day: string,
  tables: readonly string[],
): Promise<string> {
  const program = join(root, "bin", "pipeline.js");
  const argv = ["--lake", lake, "--landing", landing, "--date", day, "--no-report", "--json", "--select", ...tables];
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...argv]);
  const steps = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
  return steps
    .filter((step) => step["type"] === "step")
    .map((step) => step["rows_written"])
    .join(":");
}

/** One CSV file per table; the purchases are scattered over the whole history. */
function land(landing: string, day: string, purchases: number): void {
  const random = generator(Date.parse(day) / 86_400_000);
  const below = (limit: number): number => Math.floor(random() * limit);
  const rows: Readonly<
    Record<(typeof EVENT_NAMES)[number], { readonly header: string; readonly values: () => string }>
  > = {
    purchase: {
      header: "buyer_id,prod_item_id,order_date,release_date,producer_id",
      values: () => {
        const ordered = addDays("2023-01-01", below(365));
        return [below(1_000_000), below(100_000), ordered, addDays(ordered, below(4)), below(1000)].join(",");
      },
    },
    product_item: {
      header: "product_id,item_quantity,purchase_value",
      values: () => [below(100_000), 1 + below(9), (5 + random() * 4995).toFixed(2)].join(","),
    },
    purchase_extra_info: {
      header: "subsidiary",
      values: () => (random() < 0.5 ? "nacional" : "internacional"),
    },
  };
  EVENT_NAMES.forEach((name, i) => {
    const { header, values } = rows[name];
    const lines = [`transaction_datetime,transaction_date,purchase_id,${header}`];
    const count = Math.floor((NEW_EVENTS + i) / EVENT_NAMES.length);
    for (let line = 0; line < count; line++) {
      const date = random() < 0.1 ? addDays(day, -1 - below(30)) : day;
      const time = new Date(below(86_400) * 1000).toISOString().slice(11, 19);
      lines.push(`${date} ${time},${date},${1 + below(purchases)},${values()}`);
    }
    fs.mkdirSync(join(landing, name), { recursive: true });
    fs.writeFileSync(join(landing, name, `${name}_${day}.csv`), `${lines.join("\n")}\n`);
  });
}

/** Numbers from 0 to 1 (mulberry32), the same for the same seed. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
