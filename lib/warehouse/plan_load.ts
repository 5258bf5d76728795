import type { AnyTable } from "../contract/define_table.js";
import { isTableName } from "../contract/dimension.js";
import type { Star } from "../contract/star.js";
import type { AddFile } from "../delta/actions/action.js";
import type { Snapshot } from "../delta/snapshot.js";
import { scanFiles } from "../delta_table/table_reads.js";
import { divergence, type SourceVersion, sourceVersion } from "../lake/consumed.js";
import type { Lake } from "../lake/lake.js";
import type { TableSource } from "../relation/node.js";
import { type Relation, scan } from "../relation/relation.js";
import type { StructField } from "../types.js";
import type { RecordedLoad, Warehouse } from "./driver.js";
import { definitionsOf } from "./star_tables.js";

/** A table of the lake, as a load reads it. */
export interface LoadSource {
  readonly table: AnyTable;
  /** What is going to be loaded; undefined while the table is not there. */
  readonly version: SourceVersion | undefined;
  /** All its rows, at that version, with the columns that the star needs. */
  readonly all: Relation;
  /** Those that the warehouse lacks; all of them in a full load. */
  readonly added: Relation;
  /** The same in pieces, each of as many data files as memory should hold at once. */
  readonly pieces: readonly Relation[];
}

/** Bytes of data files in a piece. */
const PIECE = 96 * 2 ** 20;

/** What a load is going to do. */
export interface LoadPlan {
  readonly star: Star;
  /** The warehouse's last load of the star. */
  readonly last: RecordedLoad | undefined;
  /** Why everything is loaded anew; undefined where only new rows are. */
  readonly full: string | undefined;
  readonly sources: ReadonlyMap<string, LoadSource>;
  readonly definitions: RecordedLoad["definitions"];
}

export interface LoadOptions {
  /** Load everything anew. */
  readonly fullRefresh?: boolean;
  /** Hash of the code that loads: another than that of the last load begins anew. */
  readonly codeHash?: string;
}

/** Finds out what the warehouse lacks of a star. Only rows that were added can be loaded by themselves; after any other change everything is. */
export async function planLoad(
  lake: Lake,
  star: Star,
  warehouse: Warehouse,
  options: LoadOptions = {},
): Promise<LoadPlan> {
  const last = (await warehouse.loads()).find((load) => load.star === star.name);
  const definitions = definitionsOf(star, warehouse.dialect);
  const tables = star.table.reads.map((name) => lake.catalog.table(name));
  const found = await Promise.all(tables.map(async (table) => ({ table, snapshot: await lake.snapshot(table.name) })));
  let full = reasonOf(last, definitions, options);
  for (const keyMap of star.keyMaps) full ??= await lostKeys(lake, keyMap, last);
  for (const { table, snapshot } of found)
    full ??= await changedOtherwise(table.name, snapshot, last?.sources[table.name]);
  const sources = new Map<string, LoadSource>();
  for (const { table, snapshot } of found) {
    const since = full === undefined ? last?.sources[table.name]?.version : undefined;
    sources.set(table.name, await sourceOf(lake, table, fieldsUsed(star, table), snapshot, since));
  }
  return { star, last, full, sources, definitions };
}

function reasonOf(
  last: RecordedLoad | undefined,
  definitions: RecordedLoad["definitions"],
  { fullRefresh, codeHash }: LoadOptions,
): string | undefined {
  if (last === undefined) return "nothing of it is in the warehouse";
  if (fullRefresh === true) return "a full refresh was asked for";
  const names = [...Object.keys(definitions), ...Object.keys(last.definitions)];
  // Views hold no rows: every load makes those anew that are not as they should be.
  const other = names.filter(isTableName).find((name) => definitions[name] !== last.definitions[name]);
  if (other !== undefined && last.definitions[other] === undefined) return `${other} is not in the warehouse`;
  if (other !== undefined && definitions[other] === undefined) return `${other} is not in the star any more`;
  if (other !== undefined) return `${other} is defined otherwise now`;
  const known =
    last.step === undefined ? undefined : (JSON.parse(last.step) as { readonly codeHash?: string }).codeHash;
  return codeHash !== undefined && known !== codeHash ? "the notebook or the star has changed" : undefined;
}

/** Why a key map may lack keys that the warehouse has. */
export async function lostKeys(
  lake: Lake,
  { name }: AnyTable,
  last: RecordedLoad | undefined,
): Promise<string | undefined> {
  const loaded = last?.sources[name];
  return loaded && changedOtherwise(name, await lake.snapshot(name), loaded);
}

/** Why a table is no later state of what was loaded. */
async function whyDiverged(
  name: string,
  snapshot: Snapshot | undefined,
  loaded: SourceVersion,
): Promise<string | undefined> {
  if (snapshot === undefined) return `${name} is not there any more`;
  const diverged = await divergence(loaded, snapshot);
  if (diverged === "replaced") return `${name} is another table now`;
  return diverged && `${name} went back to an older version than was loaded`;
}

/** Why a table's new rows alone would not do. */
async function changedOtherwise(
  name: string,
  snapshot: Snapshot | undefined,
  loaded: SourceVersion | undefined,
): Promise<string | undefined> {
  if (loaded === undefined)
    return snapshot && (await snapshot.numRecords()) !== 0n ? `${name} was never loaded` : undefined;
  const diverged = await whyDiverged(name, snapshot, loaded);
  if (diverged !== undefined || snapshot === undefined) return diverged;
  const changes = snapshot.version === loaded.version ? [] : await snapshot.addedSince(loaded.version);
  if (changes === undefined) return `${name} does not tell any more what changed since version ${loaded.version}`;
  return changes.some(({ removed }) => removed.length > 0) ? `${name} has lost or changed rows` : undefined;
}

/** The columns of a table that a star takes something from. */
function fieldsUsed({ facts, dimensions }: Star, { name, schema }: AnyTable): readonly StructField[] {
  const used = new Set<string>();
  const add = (table: AnyTable, columns: readonly string[]): void => {
    if (table.name === name) for (const column of columns) used.add(column);
  };
  for (const { source, taken, keys } of facts)
    add(source, [...taken.map((column) => column.source), ...keys.flatMap((key) => key.by)]);
  for (const one of dimensions) {
    if (one.kind === "calendar") continue;
    add(
      one.source,
      [...one.naturalKey, ...one.attributes].map((column) => column.source),
    );
    if (one.latest) add(one.source, [one.latest.at, one.latest.tie]);
  }
  return schema.fields.filter((field) => used.has(field.name));
}

async function sourceOf(
  lake: Lake,
  table: AnyTable,
  fields: readonly StructField[],
  snapshot: Snapshot | undefined,
  since: number | undefined,
): Promise<LoadSource> {
  if (snapshot === undefined) {
    const none: Relation = scan({ kind: "values", rows: [] }, fields, lake);
    return { table, version: undefined, all: none, added: none, pieces: [none] };
  }
  const at: TableSource = { kind: "table", table: table.name, version: snapshot.version };
  const all: Relation = scan(at, fields, lake);
  const added: Relation = since === undefined ? all : scan({ ...at, since }, fields, lake);
  const pieces = since === undefined ? await piecesOf(lake, fields, snapshot) : [added];
  return { table, version: await sourceVersion(snapshot), all, added, pieces };
}

async function piecesOf(lake: Lake, fields: readonly StructField[], snapshot: Snapshot): Promise<readonly Relation[]> {
  const pieces: { bytes: number; readonly files: AddFile[] }[] = [];
  for (const file of await snapshot.files()) {
    const last = pieces.at(-1);
    if (last === undefined || last.bytes + file.size > PIECE) pieces.push({ bytes: file.size, files: [file] });
    else {
      last.bytes += file.size;
      last.files.push(file);
    }
  }
  return pieces.map(({ files }) => scanFiles(snapshot, files, lake, fields));
}
