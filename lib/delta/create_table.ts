import { newId, nowMillis } from "../clock.js";
import { DeltaError } from "../errors.js";
import type { Storage } from "../storage/storage.js";
import type { StructType } from "../types.js";
import { columnMappingMode, mappedMetadata } from "./column_mapping.js";
import type { ParquetHandler } from "./handler.js";
import { listLogSegment } from "./log_segment.js";
import { parquetHandler } from "./parquet_handler.js";
import { trackedMetadata } from "./row_tracking.js";
import { serializeSchema } from "./schema.js";
import { Snapshot } from "./snapshot.js";
import { neededFeatures, withFeatures } from "./table_features.js";
import { Transaction, type TransactionOptions } from "./transaction.js";

export interface NewTable {
  readonly schema: StructType;
  readonly partitionColumns?: readonly string[];
  readonly name?: string;
  readonly description?: string;
  /** Table properties, for instance `delta.appendOnly`. */
  readonly configuration?: Readonly<Record<string, string>>;
  /** Table features beyond those that schema and properties need, for instance `domainMetadata`. */
  readonly features?: readonly string[];
}

/**
 * The transaction that makes a table at the storage's root; files may be added to it before it is committed. Throws
 * DeltaError when a table is there or the definition contradicts itself; its commit throws ConflictError when another
 * writer was quicker.
 */
export async function createTable(
  storage: Storage,
  table: NewTable,
  options: Partial<TransactionOptions> & { readonly handler?: ParquetHandler } = {},
): Promise<Transaction> {
  const existing = await listLogSegment(storage);
  if (existing !== undefined) {
    throw new DeltaError(`There is already a table in ${storage.uri}`, { where: { version: existing.version } });
  }
  checkDefinition(table);
  const mapped = mappedMetadata(
    {
      id: newId(),
      name: table.name,
      description: table.description,
      format: { provider: "parquet", options: {} },
      schemaString: serializeSchema(table.schema),
      partitionColumns: table.partitionColumns ?? [],
      configuration: table.configuration ?? {},
      createdTime: nowMillis(),
    },
    undefined,
  );
  const metadata = trackedMetadata(mapped);
  const protocol = withFeatures({ minReaderVersion: 1, minWriterVersion: 2 }, [
    ...neededFeatures(metadata),
    ...(table.features ?? []),
  ]);
  const { handler = parquetHandler, operation = "CREATE TABLE", ...rest } = options;
  const operationParameters = {
    partitionBy: metadata.partitionColumns,
    properties: metadata.configuration,
    ...(table.description === undefined ? {} : { description: table.description }),
    ...rest.operationParameters,
  };
  return Transaction.first(
    storage,
    { protocol, metadata },
    (commit) => Snapshot.ofFirstCommit(storage, handler, commit),
    { ...rest, operation, operationParameters },
  );
}

function checkDefinition({ schema, partitionColumns = [], configuration = {} }: NewTable): void {
  const isMapped = columnMappingMode({ configuration }) !== "none";
  const seen = new Set<string>();
  for (const { name } of schema.fields) {
    if (seen.has(name.toLowerCase()))
      throw new DeltaError(`The schema has two columns named ${name} (case is ignored)`);
    seen.add(name.toLowerCase());
    if (!isMapped && /[ ,;{}()\n\t=]/.test(name)) {
      throw new DeltaError(`The column name ${JSON.stringify(name)} has a character that Delta refuses`, {
        expected: "no space, comma, semicolon, brace, parenthesis, newline, tab or =",
        remedy: "Rename the column, or create the table with delta.columnMapping.mode = name.",
      });
    }
  }
  for (const name of partitionColumns) {
    const field = schema.fields.find((candidate) => candidate.name === name);
    if (field === undefined) throw new DeltaError(`The partition column ${name} is not in the schema`);
    if (typeof field.type !== "string")
      throw new DeltaError(`The column ${name} cannot partition the table: it is nested`);
  }
  if (partitionColumns.length > 0 && partitionColumns.length === schema.fields.length) {
    throw new DeltaError("A table needs a column that does not partition it");
  }
}
