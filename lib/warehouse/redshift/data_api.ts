import { setTimeout as sleep } from "node:timers/promises";
import type {
  ColumnMetadata,
  DescribeStatementCommandOutput,
  Field,
  GetStatementResultCommandOutput,
} from "@aws-sdk/client-redshift-data";
import { UsageError, WarehouseError } from "../../errors.js";
import type { Value } from "../../relation/runner.js";
import { type DataType, decimalType, field } from "../../types.js";
import { distinctNames } from "../distinct_names.js";
import type { QueryResult } from "../driver.js";
import type { RedshiftSession } from "./session.js";

/** Which database the Redshift Data API is asked about, and as whom; credentials are those of AWS's environment. */
export interface DataApiTarget {
  readonly database: string;
  /** A serverless workgroup, or else a provisioned cluster. */
  readonly workgroup: string | undefined;
  readonly cluster: string | undefined;
  readonly user: string | undefined;
  readonly secretArn: string | undefined;
  readonly region: string | undefined;
}

/** What of the Data API is used; `id` is that of a statement. */
export interface DataApi {
  start(sql: string, sessionId: string | undefined): Promise<{ readonly id: string; readonly sessionId: string }>;
  describe(
    id: string,
  ): Promise<Pick<DescribeStatementCommandOutput, "Status" | "Error" | "ResultRows" | "HasResultSet">>;
  result(
    id: string,
    token: string | undefined,
  ): Promise<Pick<GetStatementResultCommandOutput, "Records" | "ColumnMetadata" | "NextToken">>;
}

/** So long a session outlives its last statement: a load that dies leaves its transaction open no longer. */
const KEPT_SECONDS = 600;
/** Milliseconds between two looks at a statement: at first, and at most. */
const POLL = { first: 50, most: 2_000 } as const;
const PROBE = "tslake_prova";

/**
 * A session of the Data API: an HTTPS call per statement, so that no port of the database need be open. Its statements share
 * temporary tables. That they also share a transaction is tried out first: if not, nothing is begun.
 *
 * @throws WarehouseError when a session keeps no transaction from one statement to the next
 */
export async function dataApiSession(api: DataApi, label: string): Promise<RedshiftSession> {
  let sessionId: string | undefined;
  const run = async (
    sql: string,
  ): Promise<{ readonly id: string; readonly rows: number; readonly hasRows: boolean }> => {
    const started = await api.start(sql, sessionId);
    sessionId = started.sessionId;
    for (let wait: number = POLL.first; ; wait = Math.min(wait * 1.5, POLL.most)) {
      const { Status, Error: said, ResultRows = 0, HasResultSet = false } = await api.describe(started.id);
      if (Status === "FINISHED")
        return { id: started.id, rows: Math.max(0, Number(ResultRows)), hasRows: HasResultSet };
      if (Status === "FAILED" || Status === "ABORTED") throw statementError(said ?? Status, label);
      await sleep(wait);
    }
  };
  const session: RedshiftSession = {
    execute: async (sql) => (await run(sql)).rows,
    query: async (sql) => {
      const { id, hasRows } = await run(sql);
      return hasRows ? readResult(api, id) : { fields: [], rows: [] };
    },
    close: () => Promise.resolve(),
  };
  await refuseWithoutTransactions(session, label);
  return session;
}

/** The Data API of AWS. */
export async function awsDataApi(target: DataApiTarget): Promise<DataApi> {
  const aws = await import("@aws-sdk/client-redshift-data");
  const client = new aws.RedshiftDataClient(target.region === undefined ? {} : { region: target.region });
  const where = {
    Database: target.database,
    ...(target.workgroup === undefined ? {} : { WorkgroupName: target.workgroup }),
    ...(target.cluster === undefined ? {} : { ClusterIdentifier: target.cluster }),
    ...(target.user === undefined ? {} : { DbUser: target.user }),
    ...(target.secretArn === undefined ? {} : { SecretArn: target.secretArn }),
  };
  return {
    start: async (sql, sessionId) => {
      const { Id = "", SessionId = "" } = await client.send(
        new aws.ExecuteStatementCommand({
          Sql: sql,
          SessionKeepAliveSeconds: KEPT_SECONDS,
          ...(sessionId === undefined ? where : { SessionId: sessionId }),
        }),
      );
      return { id: Id, sessionId: SessionId };
    },
    describe: (id) => client.send(new aws.DescribeStatementCommand({ Id: id })),
    result: (id, token) =>
      client.send(new aws.GetStatementResultCommand({ Id: id, ...(token === undefined ? {} : { NextToken: token }) })),
  };
}

async function refuseWithoutTransactions(session: RedshiftSession, label: string): Promise<void> {
  await session.execute("BEGIN");
  await session.execute(`CREATE TEMP TABLE ${PROBE} (a INTEGER)`);
  await session.execute("ROLLBACK");
  const isUndone = await session.query(`SELECT a FROM ${PROBE}`).then(
    () => false,
    () => true,
  );
  if (isUndone) return;
  throw new WarehouseError("the Data API keeps no transaction from one statement to the next", {
    where: { path: label },
    remedy: "connect to the database itself: redshift://user@host:5439/database",
  });
}

async function readResult(api: DataApi, id: string): Promise<QueryResult> {
  const rows: (readonly Field[])[] = [];
  let columns: readonly ColumnMetadata[] = [];
  let token: string | undefined;
  do {
    const page = await api.result(id, token);
    columns = page.ColumnMetadata ?? columns;
    rows.push(...(page.Records ?? []));
    token = page.NextToken;
  } while (token !== undefined);
  const names = distinctNames(columns.map((column) => column.label ?? column.name ?? ""));
  const fields = columns.map((column, i) => field(names[i] ?? "", typeOf(column)));
  return {
    fields,
    rows: rows.map((row) => Object.fromEntries(fields.map(({ name, type }, i) => [name, valueOf(row[i], type)]))),
  };
}

const TYPES: Readonly<Record<string, DataType>> = {
  bool: "boolean",
  int2: "short",
  int4: "integer",
  int8: "long",
  float4: "float",
  float8: "double",
  date: "date",
  timestamp: "timestamp_ntz",
  timestamptz: "timestamp",
};

function typeOf({ typeName = "", precision = 38, scale = 0 }: ColumnMetadata): DataType {
  return typeName === "numeric" ? decimalType(precision, scale) : (TYPES[typeName] ?? "string");
}

function valueOf(value: Field | undefined, type: DataType): Value {
  if (value === undefined || value.isNull === true) return null;
  if (value.longValue !== undefined) return type === "long" ? BigInt(value.longValue) : value.longValue;
  return value.stringValue ?? value.doubleValue ?? value.booleanValue ?? value.blobValue ?? null;
}

function statementError(said: string, label: string): Error {
  const isMistake = /syntax error|does not exist|division by zero|column reference|operator does not/i.test(said);
  if (isMistake) return new UsageError(said, { where: { path: label } });
  return new WarehouseError(`the statement failed: ${said}`, {
    where: { path: label },
    transient: /serializable isolation violation|1023|concurrent/i.test(said),
  });
}
