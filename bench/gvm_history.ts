import { join } from "node:path";
import { asKnown, countRows, date, decimal, defineTable, Lake, LocalStorage, long, type Relation, text } from "tslake";
import { gold, silver } from "tslake/tables";
import { runNotebook } from "../lib/notebook/runner.js";
import { openWorkspace } from "../lib/workspace.js";
import { LAST_DAY } from "./history.js";
import { clock, PeakWatch, type TaskResult } from "./measure.js";

const stateTable = defineTable("gold.gvm_day", {
  description: "Paid gross value per day, product and subsidiary, as known on one day",
  grain: "one day of orders, product and subsidiary",
  reads: [silver.purchase, silver.product_item, silver.purchase_extra_info],
  write: "overwrite",
  columns: {
    date: date().notNull(),
    product_id: long().notNull(),
    subsidiary: text().notNull(),
    total_value: decimal(18, 2).notNull(),
    purchases: long().notNull(),
  },
});

/** Every state that was ever known: the shipped notebook `gold/gvm` on whole histories, in a process of its own. */
export async function gvmBitemporal(root: string, lakeFolder: string): Promise<TaskResult> {
  const watch = new PeakWatch();
  const stop = clock();
  await buildGvm(root, lakeFolder);
  const lap = stop();
  const lake = openLake(root, lakeFolder);
  return {
    lap,
    childPeakMb: watch.stop(),
    checksum: () => checksumOf(asKnown(lake, gold.gvm, LAST_DAY).select(["total_value", "purchases"])),
  };
}

/** Runs the shipped notebook on a lake. */
export async function buildGvm(root: string, lakeFolder: string): Promise<void> {
  await runNotebook({
    path: join(root, "notebooks", "gold", "gvm.ipynb"),
    output: join(lakeFolder, "_runs", "gvm.ipynb"),
    env: { TSLAKE_ROOT: root, TSLAKE_LAKE: lakeFolder },
  });
}

/** The state known on the last day only. */
export async function gvmDay(root: string, lakeFolder: string): Promise<TaskResult> {
  const lake = openLake(root, lakeFolder);
  const stop = clock();
  const purchases = lake
    .read(silver.purchase)
    .filter((t) => t.processed_date.le(LAST_DAY))
    .distinct(["purchase_id"], (t) => [t.transaction_datetime.desc(), t.version.desc()])
    .filter((t) => t.release_date.isNotNull())
    .select((t) => ({ purchase_id: t.purchase_id, date: t.order_date }));
  const items = lake
    .read(silver.product_item)
    .filter((t) => t.processed_date.le(LAST_DAY))
    .distinct(["purchase_id"], (t) => [t.transaction_datetime.desc(), t.version.desc()])
    .select(["purchase_id", "product_id", "purchase_value"]);
  const extras = lake
    .read(silver.purchase_extra_info)
    .filter((t) => t.processed_date.le(LAST_DAY))
    .distinct(["purchase_id"], (t) => [t.transaction_datetime.desc(), t.version.desc()])
    .select(["purchase_id", "subsidiary"]);
  const state = purchases
    .join(items, ["purchase_id"])
    .leftJoin(extras, ["purchase_id"])
    .extend((t) => ({ subsidiary: t.subsidiary.orElse("não informada") }))
    .groupBy("date", "product_id", "subsidiary")
    .aggregate((t) => ({ total_value: t.purchase_value.sum(), purchases: countRows() }))
    .extend((t) => ({ total_value: t.total_value.orElse(0).cast("decimal(18,2)") }));
  await lake.write(stateTable, state);
  return { lap: stop(), checksum: () => checksumOf(lake.read(stateTable).select(["total_value", "purchases"])) };
}

/** Keys that are worth something, cents, purchases: the same for the state of a day and for what all states say of it. */
async function checksumOf(state: Relation<{ total_value: "decimal"; purchases: "long" }>): Promise<string> {
  const [all] = await state
    .filter((t) => t.purchases.gt(0n))
    .groupBy()
    .aggregate((t) => ({ keys: countRows(), value: t.total_value.sum(), purchases: t.purchases.sum() }))
    .collect();
  return [all?.keys, String(all?.value).replace(".", ""), all?.purchases].join(":");
}

function openLake(root: string, folder: string): Lake {
  const { settings, catalog } = openWorkspace({ cwd: root });
  return new Lake({ storage: new LocalStorage(folder), catalog, timeZone: settings.timeZone });
}
