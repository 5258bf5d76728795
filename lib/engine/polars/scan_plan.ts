import type { Location } from "../../storage/storage.js";
import type { StructField } from "../../types.js";
import { polarsSchema, polarsType } from "./data_type.js";

/** Plans in Polars' serialised notation (JSON text): what the binding's own functions cannot say, many files at once with a schema. */

/** How a cloud store is reached, by the names of the object_store library. */
type CloudOptions = NonNullable<Location["cloudOptions"]>;

interface ParquetScanOptions {
  readonly fields?: readonly StructField[];
  /** Instead of fields: names and types in Polars' notation. */
  readonly schema?: readonly (readonly [name: string, dtype: string])[];
  readonly rowIndex?: string;
  readonly cloud?: CloudOptions;
}

/** Parquet files of one schema, or of the schema given: columns that a file lacks are null, others are left out. */
export function parquetScan(paths: readonly string[], options: ParquetScanOptions = {}): string {
  const { fields, schema: entries = fields?.map((f) => [f.name, polarsType(f.type)] as const) } = options;
  const schema = entries ? polarsSchema(entries) : null;
  return scan(
    paths,
    `{"Parquet":{"options":{"schema":${schema},"parallel":"Auto","low_memory":false,"use_statistics":true}}}`,
    options.rowIndex,
    options.cloud,
  );
}

/** An Arrow file that this process wrote. */
export function ipcScan(path: string): string {
  return scan([path], '{"Ipc":{"options":{"record_batch_statistics":false,"checked":false}}}');
}

/**
 * A CSV file of which every column is text; empty fields are null, quoted ones only without `emptyTexts`. Missing fields are
 * null too, surplus ones are left out.
 */
export function csvScan(path: string, columns: readonly string[], rowIndex: string, emptyTexts: boolean): string {
  const schema = polarsSchema(columns.map((name) => [name, polarsType("string")]));
  const nulls = emptyTexts ? "null" : '{"AllColumnsSingle":""}';
  const parse = `{"separator":44,"quote_char":34,"eol_char":10,"encoding":"Utf8","null_values":${nulls},"missing_is_null":true,
    "truncate_ragged_lines":true,"comment_prefix":null,"try_parse_dates":false,"decimal_comma":false}`;
  const options = `{"path":null,"rechunk":false,"n_threads":null,"low_memory":false,"n_rows":null,"row_index":null,"columns":null,
    "projection":null,"schema":${schema},"schema_overwrite":null,"dtype_overwrite":null,"parse_options":${parse},"has_header":true,
    "chunk_size":262144,"skip_rows":0,"skip_lines":0,"skip_rows_after_header":0,"infer_schema_length":0,"raise_if_empty":false,
    "ignore_errors":false,"fields_to_cast":[]}`;
  return scan([path], `{"Csv":{"options":${options}}}`, rowIndex);
}

/** How the result of a plan becomes Parquet files in a folder of its own. */
export interface ParquetSink {
  readonly folder: string;
  /** Columns whose values split the rows into folders `name=value`; the files lack them. */
  readonly partitionBy: readonly string[];
  readonly rowsPerFile: number;
  /** About so many bytes in memory go into one file. */
  readonly bytesPerFile: number;
  /** See `parquetFormat`. */
  readonly format: string;
}

/** A plan, itself serialised, whose result is streamed into one file. */
export function parquetFileSink(plan: string, path: string, format: string): string {
  return `{"Sink":{"input":${plan},"payload":{"File":{"target":{"inner":${JSON.stringify(path)}},"file_format":${format},
    "unified_sink_args":${SINK_ARGUMENTS}}}}}`;
}

/** A plan, itself serialised, whose result is streamed into as many files as it takes. */
export function parquetSink(plan: string, sink: ParquetSink): string {
  const keys = sink.partitionBy.map((name) => `{"Column":${JSON.stringify(name)}}`).join(",");
  const strategy =
    keys === "" ? '"FileSize"' : `{"Keyed":{"keys":[${keys}],"include_keys":false,"keys_pre_grouped":false}}`;
  return `{"Sink":{"input":${plan},"payload":{"Partitioned":{"base_path":{"inner":${JSON.stringify(sink.folder)}},
    "file_path_provider":{"Hive":{"extension":"parquet"}},"partition_strategy":${strategy},"file_format":${sink.format},
    "unified_sink_args":${SINK_ARGUMENTS},
    "max_rows_per_file":${sink.rowsPerFile},"approximate_bytes_per_file":${sink.bytesPerFile}}}}}`;
}

const SINK_ARGUMENTS = '{"mkdir":true,"maintain_order":true,"sync_on_close":"None","cloud_options":null}';

/** How the pages of a Parquet file are compressed. */
export type Compression = "none" | "snappy" | "gzip" | "brotli" | "lz4" | "zstd";

const CODECS: Readonly<Record<Compression, string>> = {
  none: '"Uncompressed"',
  snappy: '"Snappy"',
  gzip: '{"Gzip":null}',
  brotli: '{"Brotli":null}',
  lz4: '"Lz4Raw"',
  zstd: '{"Zstd":null}',
};

/** How Parquet files are written; `schema`: their Arrow schema in Polars' notation, where it says more than the plan does. */
export function parquetFormat(rowsPerGroup: number, schema = "null", compression: Compression = "snappy"): string {
  return `{"Parquet":{"compression":${CODECS[compression]},"statistics":{"min_value":true,"max_value":true,"distinct_count":false,"null_count":true},
    "row_group_size":${rowsPerGroup},"data_page_size":null,"key_value_metadata":null,"arrow_schema":${schema},"compat_level":null}}`;
}

function scan(paths: readonly string[], scanType: string, rowIndex?: string, cloud?: CloudOptions): string {
  const sources = paths.map((path) => `{"inner":${JSON.stringify(path)}}`).join(",");
  const index = rowIndex === undefined ? null : `{"name":${JSON.stringify(rowIndex)},"offset":0}`;
  return `{"Scan":{"sources":{"Paths":[${sources}]},"unified_scan_args":{"schema":null,"cloud_options":${cloud ? cloudOptions(cloud) : null},
    "hive_options":{"enabled":false,"hive_start_idx":0,"schema":null,"try_parse_dates":false},"rechunk":false,"cache":true,"glob":false,
    "hidden_file_prefix":null,"projection":null,"column_mapping":null,"default_values":null,"row_index":${index},"pre_slice":null,
    "cast_columns_policy":{"integer_upcast":true,"float_upcast":true,"float_downcast":false,"datetime_nanoseconds_downcast":true,
    "datetime_microseconds_downcast":false,"datetime_convert_timezone":false,"null_upcast":true,"categorical_to_string":true,
    "missing_struct_fields":"Insert","extra_struct_fields":"Ignore"},"missing_columns_policy":"Insert","extra_columns_policy":"Ignore",
    "include_file_paths":null,"deletion_files":null,"table_statistics":null,"row_count":null},"scan_type":${scanType}}}`;
}

/** Times that a request which failed for a passing reason is sent again. */
const CLOUD_RETRIES = 8;

function cloudOptions(options: CloudOptions): string {
  const config = Object.entries(options).map(([name, value]) => [CLOUD_KEYS[name], value]);
  return `{"file_cache_ttl":2,"config":{"Aws":${JSON.stringify(config)}},"retry_config":{"max_retries":${CLOUD_RETRIES},"retry_timeout":null,
    "retry_init_backoff":null,"retry_max_backoff":null,"retry_base_multiplier":null},"credential_provider":null}`;
}

const CLOUD_KEYS: Readonly<Record<string, unknown>> = {
  aws_access_key_id: "AccessKeyId",
  aws_secret_access_key: "SecretAccessKey",
  aws_session_token: "Token",
  aws_region: "Region",
  aws_endpoint_url: "Endpoint",
  aws_virtual_hosted_style_request: "VirtualHostedStyleRequest",
  aws_allow_http: { Client: "AllowHttp" },
};
