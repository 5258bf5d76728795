import type { PolarsEngine } from "../../engine/polars/engine.js";
import { UsageError } from "../../errors.js";
import { openStorage } from "../../storage/open_storage.js";
import { type AddressDialect, readConnectionOptions, withoutSecrets } from "../postgres/connection_options.js";
import { awsDataApi, dataApiSession } from "./data_api.js";
import { wireSession } from "./session.js";
import { RedshiftWarehouse, type Staging } from "./warehouse.js";

const ADDRESS: AddressDialect = {
  defaultPort: 5439,
  parameters: ["schema", "s3", "iam_role", "workgroup", "cluster", "db_user", "secret_arn", "region"],
};

/**
 * The Redshift database at an address; nothing is connected yet. `redshift://user:password@host:5439/database` speaks to the
 * cluster's endpoint, with PostgreSQL's parameters (sslmode, PGPASSWORD…); `redshift:///database?workgroup=NAME` or
 * `?cluster=ID&db_user=USER`, either with `&secret_arn=ARN`, goes through the Redshift Data API with AWS's credentials. A load
 * also needs `s3=s3://bucket/prefix` and `iam_role=ARN` (or `default`).
 *
 * @throws UsageError for an address that cannot be read
 */
export function openRedshift(address: string, engine: PolarsEngine): RedshiftWarehouse {
  const options = readConnectionOptions(address, ADDRESS);
  const label = withoutSecrets(address);
  const given = (name: string): string | undefined => options.others.get(name);
  const [workgroup, cluster] = [given("workgroup"), given("cluster")];
  if (workgroup !== undefined && cluster !== undefined) {
    throw new UsageError("the warehouse's address is wrong: it names both a workgroup and a cluster", {
      actual: label,
    });
  }
  const target = {
    database: options.database,
    workgroup,
    cluster,
    user: given("db_user"),
    secretArn: given("secret_arn"),
    region: given("region"),
  };
  const byDataApi = workgroup !== undefined || cluster !== undefined;
  return new RedshiftWarehouse(
    {
      label,
      schema: given("schema"),
      staging: stagingOf(given("s3"), given("iam_role")),
      openSession: async () => (byDataApi ? dataApiSession(await awsDataApi(target), label) : wireSession(options)),
    },
    engine,
  );
}

function stagingOf(s3: string | undefined, iamRole: string | undefined): Staging | undefined {
  if (s3 === undefined && iamRole === undefined) return undefined;
  if (s3 === undefined || !/^s3:\/\/[^/]+/.test(s3)) {
    throw new UsageError("the warehouse's address is wrong: s3 names no place in a bucket", {
      expected: "s3=s3://bucket/prefix",
    });
  }
  if (iamRole === undefined || !/^(?:default|arn:[\w-]+:iam::\d+:role\/[\w+=,.@/-]+)$/.test(iamRole)) {
    throw new UsageError("the warehouse's address is wrong: iam_role names no role", {
      expected: "iam_role=arn:aws:iam::123456789012:role/name or iam_role=default",
    });
  }
  return { address: s3, storage: openStorage(s3), iamRole };
}
