import { UnsupportedFeatureError } from "../../errors.js";
import type { StructField } from "../../types.js";
import { convert } from "./cast.js";
import { polarsType } from "./data_type.js";
import { compileLiteral } from "./literal.js";
import { concatenate, fromPlan, int32Frame, type LazyFrame, parquetFrame } from "./native.js";
import { type ParquetNode, readParquetSchema } from "./parquet_schema.js";
import type { PolarsExpr } from "./polars_expr.js";
import * as p from "./polars_expr.js";
import type { Hold } from "./scan.js";
import { parquetScan } from "./scan_plan.js";
import { findField, type PlaceOf, type StoredColumns, storedColumns, variantPaths } from "./stored_columns.js";
import { type DataFile, type OpenFile, POSITION, type TableFiles } from "./table_files.js";
import { TEMPORARY } from "./temporary.js";
import { transcode } from "./transcode.js";

/**
 * The rows of a table's files with the columns `fields`. Files of one schema and partition become one scan; a file whose
 * rows are counted, because some of them are deleted or their positions are wanted, is a scan of its own.
 * @throws StorageError or DeltaError when a file is not there, damaged, or of other types than the table
 */
export async function scanTable(table: TableFiles, fields: readonly StructField[], hold: Hold): Promise<LazyFrame> {
  const wanted = wantedColumns(table, fields);
  const groups = new Map<string, FileGroup>();
  const plans: Plans = new Map();
  for (const [number, opened] of (await openAll(table.files)).entries()) {
    const group = groupOf(opened, number, wanted, plans);
    const known = groups.get(group.key);
    if (known) known.files.push(opened.open);
    else groups.set(group.key, group);
  }
  if (groups.size === 0) return fromPlan(parquetScan([], { fields }));
  const frames: LazyFrame[] = [];
  for (const group of groups.values()) frames.push(await frameOf(group, wanted, hold));
  return concatenate(frames);
}

/** The columns that a query asks for, by where they come from. */
interface Wanted {
  readonly fields: readonly StructField[];
  readonly partitions: ReadonlyMap<string, StructField>;
  readonly stored: ReadonlyMap<string, StructField>;
  readonly isPositioned: boolean;
  readonly placeOf: PlaceOf;
}

/** Files that one scan reads. */
interface FileGroup {
  readonly key: string;
  readonly files: OpenFile[];
  readonly file: DataFile;
  /** The first file's place in the table's list. */
  readonly number: number;
  /** Undefined for a file that Polars cannot read as it is. */
  readonly columns: StoredColumns | undefined;
}

/** What comes out of files of a schema, and a number for the schema. */
type Plans = Map<readonly ParquetNode[] | undefined, { number: number; columns: StoredColumns | undefined }>;

interface Opened {
  readonly file: DataFile;
  readonly open: OpenFile;
}

const CONCURRENT = 32;
const INDEX = `${TEMPORARY}row`;
/** Polars counts nanoseconds in 64 bits: outside of these microseconds a time of 96 bits is wrong. */
const INT96_BOUND = 9_223_372_036_854_775n;

function wantedColumns(table: TableFiles, fields: readonly StructField[]): Wanted {
  const names = new Set(fields.map(({ name }) => name));
  const partitioned = new Set(table.partitionColumns);
  const used = table.fields.filter(({ name }) => names.has(name));
  const byName = (list: readonly StructField[]) => new Map(list.map((field) => [field.name, field]));
  return {
    fields,
    partitions: byName(used.filter(({ name }) => partitioned.has(name))),
    stored: byName(used.filter(({ name }) => !partitioned.has(name))),
    isPositioned: names.has(POSITION.file) || names.has(POSITION.row),
    placeOf: table.placeOf ?? ((field) => ({ name: field.name })),
  };
}

async function openAll(files: readonly DataFile[]): Promise<readonly Opened[]> {
  const opened: Opened[] = [];
  for (let i = 0; i < files.length; i += CONCURRENT) {
    const some = files.slice(i, i + CONCURRENT);
    opened.push(...(await Promise.all(some.map(async (file) => ({ file, open: await file.open() })))));
  }
  return opened;
}

function groupOf({ file, open }: Opened, number: number, wanted: Wanted, plans: Plans): FileGroup {
  const plan = plans.get(open.schema) ?? { number: plans.size, columns: planOf(open.schema, wanted) };
  plans.set(open.schema, plan);
  const columns = plan.columns && isInRange(plan.columns, open) ? plan.columns : undefined;
  const isAlone = columns === undefined || wanted.isPositioned || isChosen(open);
  const partition = [...wanted.partitions.keys()].map((name) => file.partitionValues[name] ?? null);
  const key = [isAlone ? number : null, plan.number, open.location.cloudOptions !== undefined, ...partition];
  return { key: JSON.stringify(key), files: [open], file, number, columns };
}

function planOf(schema: readonly ParquetNode[] | undefined, { stored, placeOf }: Wanted): StoredColumns | undefined {
  if (schema !== undefined) return storedColumns(schema, [...stored.values()], placeOf);
  return {
    schema: [...stored.values()].map(({ name, type }) => [name, polarsType(type)]),
    columns: new Map([...stored.keys()].map((name) => [name, p.column(name)])),
    int96: [],
  };
}

function isInRange({ int96 }: StoredColumns, open: OpenFile): boolean {
  return int96.every((path) => {
    const bounds = path && open.timestamps?.(path);
    return bounds !== undefined && bounds.min > -INT96_BOUND && bounds.max < INT96_BOUND;
  });
}

async function frameOf(group: FileGroup, wanted: Wanted, hold: Hold): Promise<LazyFrame> {
  const { files, columns } = group;
  const [first] = files;
  const needsIndex = wanted.isPositioned || isChosen(first) || (columns?.schema.length ?? 0) === 0;
  const source = columns
    ? { rows: scanFiles(files, columns, needsIndex), columns }
    : await transcoded(first, wanted, hold, needsIndex);
  const kept = chosen(source.rows, first, hold);
  const exprs = wanted.fields.map((field) =>
    p.alias(columnOf(field, group, source.columns.columns, wanted), field.name),
  );
  if (source.columns.schema.length > 0) return kept.select(exprs);
  // Constants alone would be one row.
  return kept.select([...exprs, p.column(INDEX)]).select(wanted.fields.map(({ name }) => p.column(name)));
}

function scanFiles(files: readonly OpenFile[], { schema }: StoredColumns, withIndex: boolean): LazyFrame {
  const cloud = files[0]?.location.cloudOptions;
  const paths = files.map(({ location }) => location.url);
  const options = { ...(withIndex && { rowIndex: INDEX }), ...(cloud && { cloud }) };
  return fromPlan(parquetScan(paths, schema.length === 0 ? options : { ...options, schema }));
}

/** The rows of a file that Polars cannot read, by way of one that it can. */
async function transcoded(file: OpenFile | undefined, { stored, placeOf }: Wanted, hold: Hold, withIndex: boolean) {
  const bytes = await file?.read?.();
  if (file === undefined || bytes === undefined)
    throw new UnsupportedFeatureError("A data file has columns that Polars cannot read", {
      where: { file: file?.location.url ?? "" },
    });
  const fields = [...stored.values()];
  const names = fields.flatMap((field) => findField(file.schema ?? [], placeOf(field))?.name ?? []);
  const variants = variantPaths(file.schema ?? [], fields, placeOf);
  const modern = await transcode(file.location.url, bytes, names, variants);
  const read = async (start: number, end: number): Promise<Uint8Array> => modern.subarray(start, end);
  const schema = await readParquetSchema(file.location.url, modern.length, read);
  const columns = storedColumns(schema ?? [], fields, placeOf, true);
  if (columns === undefined) throw new TypeError("a file in today's form is one that Polars reads");
  const frame = hold(parquetFrame(modern));
  return { rows: withIndex ? frame.withRowIndex(INDEX) : frame, columns };
}

/** True when not all rows of a file count. */
function isChosen(file: OpenFile | undefined): boolean {
  return file?.only !== undefined || (file?.deleted?.length ?? 0) > 0;
}

function chosen(rows: LazyFrame, file: OpenFile | undefined, hold: Hold): LazyFrame {
  const { only, deleted } = file ?? {};
  const kept = only ? joined(rows, only, "semi", hold) : rows;
  return deleted?.length ? joined(kept, deleted, "anti", hold) : kept;
}

function joined(rows: LazyFrame, numbers: Uint32Array, how: "semi" | "anti", hold: Hold): LazyFrame {
  if ((numbers.at(-1) ?? 0) > 0x7fffffff)
    throw new UnsupportedFeatureError("A deletion vector names a row beyond 2^31", { actual: String(numbers.at(-1)) });
  const frame = hold(int32Frame(INDEX, Int32Array.from(numbers))).select([p.cast(p.column(INDEX), "UInt32")]);
  return rows.join(frame, how, [p.column(INDEX)], [p.column(INDEX)]);
}

function columnOf(
  field: StructField,
  { file, number }: FileGroup,
  columns: StoredColumns["columns"],
  { partitions, stored }: Wanted,
): PolarsExpr {
  if (field.name === POSITION.file) return convert(p.int32(number), "integer", field.type);
  if (field.name === POSITION.row) return convert(p.cast(p.column(INDEX), "long"), "long", field.type);
  const partition = partitions.get(field.name);
  if (partition)
    return convert(partitionConstant(partition, file.partitionValues[field.name] ?? null), partition.type, field.type);
  const [expr, type] = [columns.get(field.name), stored.get(field.name)?.type];
  return expr && type ? convert(expr, type, field.type) : p.nullOf(field.type);
}

/** Delta writes a partition value as text, and null as null or as empty text. */
function partitionConstant({ type }: StructField, value: string | null): PolarsExpr {
  if (value === null || value === "") return p.nullOf(type);
  if (type === "binary") return p.cast(p.text(value), type);
  return compileLiteral({
    kind: "literal",
    value: type === "boolean" ? value === "true" : value,
    type,
    nullable: false,
  });
}
