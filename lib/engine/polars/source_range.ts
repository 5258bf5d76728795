import type { StructField } from "../../types.js";
import { isInteger } from "./data_type.js";
import type { LazyFrame } from "./native.js";
import * as p from "./polars_expr.js";
import { FEW_TEXTS, type ValueRange } from "./value_range.js";

/** So many rows tell whether a column of texts repeats a few. */
const SAMPLE = 10_000;

/** The range of a column, found by looking at all of it; undefined for types that have none, and for many different texts. */
export async function rangeOfValues(frame: LazyFrame, { name, type }: StructField): Promise<ValueRange | undefined> {
  if (type === "boolean") return { kind: "integers", low: 0n, high: 1n };
  if (type === "string") return (await textsIn(frame.slice(0, SAMPLE), name)) && textsIn(frame, name);
  if (!isInteger(type) && type !== "date" && type !== "timestamp" && type !== "timestamp_ntz") return undefined;
  const physical = p.call('"ToPhysical"', p.column(name));
  const bounds = [
    p.alias(p.cast(p.min(physical), "string"), "low"),
    p.alias(p.cast(p.max(physical), "string"), "high"),
  ];
  const found = await frame.select(bounds).collect();
  const [low, high] = [found.column("low").getIdx(0), found.column("high").getIdx(0)];
  if (typeof low !== "string" || typeof high !== "string") return { kind: "none" };
  return { kind: "integers", low: BigInt(low), high: BigInt(high) };
}

async function textsIn(frame: LazyFrame, name: string): Promise<ValueRange | undefined> {
  const present = frame.select([p.column(name)]).filter(p.isNotNull(p.column(name)));
  const values = (
    await present
      .unique([name], "any")
      .slice(0, FEW_TEXTS + 1)
      .collect()
  )
    .column(name)
    .toArray();
  if (values.length > FEW_TEXTS) return undefined;
  return values.length === 0 ? { kind: "none" } : { kind: "texts", values: values.map(String) };
}
