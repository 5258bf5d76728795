import { createRequire } from "node:module";
import { expect, test, vi } from "vitest";
import { compileExpr } from "../../lib/engine/polars/compile_expr.js";
import { fromPlan, textFrame } from "../../lib/engine/polars/native.js";
import * as p from "../../lib/engine/polars/polars_expr.js";
import { ipcScan, parquetScan } from "../../lib/engine/polars/scan_plan.js";
import { scan } from "../../lib/relation/relation.js";
import { field } from "../../lib/types.js";

const require = createRequire(import.meta.url);

test("the binding is the version that the engine knows from inside", () => {
  expect(require("nodejs-polars/package.json")).toMatchObject({ version: "0.24.1" });
});

test("a frame goes through a plan and back", () => {
  const frame = textFrame([
    { name: "a", values: ["x", null] },
    { name: "b", values: ["1", "2"] },
  ]);
  expect(frame.rows).toBe(2);
  const again = fromPlan(frame.lazy().serialized()).collectSync();
  expect(again.columns).toEqual(["a", "b"]);
  expect(again.column("a").toArray()).toEqual(["x", null]);
});

test("expressions are plans of the native library", () => {
  const frame = textFrame([{ name: "a b", values: ['x"y', "z"] }]).lazy();
  const t = scan<{ "a b": "string" }>({ kind: "values", rows: [] }, [field("a b", "string")]).columns;
  const result = frame
    .filter(compileExpr(t["a b"].eq('x"y').expr))
    .select([p.alias(p.int64(9007199254740993n), "n"), p.alias(p.int32(32768), "i")])
    .collectSync();
  expect(Object.fromEntries(result.types())).toEqual({ n: "long", i: "integer" });
});

test("what the library cannot read is an error, not a crash", async () => {
  expect(() => fromPlan("{}")).toThrow();
  await expect(
    fromPlan(parquetScan(["/no/such/file.parquet"], { fields: [field("a", "long")] })).collect(),
  ).rejects.toThrow("no/such/file");
  expect(() => fromPlan(ipcScan("/no/such/file.arrow")).collectSync()).toThrow("no/such/file");
  const frame = textFrame([{ name: "a", values: ["x"] }]).lazy();
  await expect(frame.select([p.column("b")]).collect()).rejects.toThrow("b");
});

test("another version is refused with what to do", async () => {
  vi.resetModules();
  vi.doMock("node:module", () => ({
    createRequire: () => (name: string) =>
      name.endsWith("package.json") ? { version: "0.99.0" } : { JsExpr: {}, JsLazyFrame: {} },
  }));
  const { fromPlan: other } = await import("../../lib/engine/polars/native.js");
  expect(() => other("{}")).toThrow(
    expect.objectContaining({ expected: "nodejs-polars 0.24.1", actual: "nodejs-polars 0.99.0", remedy: "run npm ci" }),
  );
  vi.doUnmock("node:module");
});
