import { UnsupportedFeatureError } from "../errors.js";
import type { Metadata, Protocol } from "./actions/action.js";
import { containsType, parseSchema, someField } from "./schema.js";

/**
 * What this engine can do with a table feature: `yes`; `unused`, when the table lists the feature but no schema,
 * property or constraint makes use of it; or `no`.
 */
type Support = "yes" | "unused" | "no";

interface Feature {
  readonly read: Support;
  readonly write: Support;
  /** Listed in readerFeatures too, not in writerFeatures alone. */
  readonly readerWriter?: true;
  /** Protocols without feature lists contain the feature from these versions on. */
  readonly legacy?: { readonly reader?: number; readonly writer: number };
  /** Whether a table makes use of the feature; features without this are in use wherever they are listed. */
  readonly isUsed?: (metadata: Metadata) => boolean;
}

const isTrue = (property: string) => (metadata: Metadata) => metadata.configuration[property] === "true";
const hasFieldKey = (prefix: string) => (metadata: Metadata) =>
  someField(parseSchema(metadata.schemaString), (f) => Object.keys(f.metadata).some((key) => key.startsWith(prefix)));

/** Table features by name (protocol, "Valid Feature Names in Table Features"). A name that is not here is unknown. */
const FEATURES: Readonly<Record<string, Feature>> = {
  appendOnly: { read: "yes", write: "yes", legacy: { writer: 2 } },
  invariants: { read: "yes", write: "yes", legacy: { writer: 2 } },
  checkConstraints: { read: "yes", write: "yes", legacy: { writer: 3 } },
  changeDataFeed: { read: "yes", write: "yes", legacy: { writer: 4 } },
  generatedColumns: { read: "yes", write: "yes", legacy: { writer: 4 } },
  columnMapping: { read: "yes", write: "yes", readerWriter: true, legacy: { reader: 2, writer: 5 } },
  identityColumns: { read: "yes", write: "yes", legacy: { writer: 6 } },
  timestampNtz: { read: "yes", write: "yes", readerWriter: true },
  domainMetadata: { read: "yes", write: "yes" },
  deletionVectors: { read: "yes", write: "yes", readerWriter: true },
  v2Checkpoint: { read: "yes", write: "yes", readerWriter: true },
  typeWidening: { read: "yes", write: "yes", readerWriter: true },
  "typeWidening-preview": { read: "yes", write: "yes", readerWriter: true },
  variantType: { read: "yes", write: "no", readerWriter: true },
  "variantType-preview": { read: "yes", write: "no", readerWriter: true },
  variantShredding: { read: "yes", write: "no", readerWriter: true },
  "variantShredding-preview": { read: "yes", write: "no", readerWriter: true },
  vacuumProtocolCheck: { read: "yes", write: "yes", readerWriter: true },
  rowTracking: { read: "yes", write: "yes" },
  inCommitTimestamp: { read: "yes", write: "yes" },
  clustering: { read: "yes", write: "yes" },
  icebergCompatV1: { read: "yes", write: "no" },
  icebergCompatV2: { read: "yes", write: "no" },
  allowColumnDefaults: { read: "yes", write: "yes" },
};

/** Throws UnsupportedFeatureError, which names every feature that stands in the way of reading the table. */
export function checkReadable(protocol: Protocol, metadata: Metadata, version: number): void {
  check("read", protocol.minReaderVersion, 3, readerFeatures(protocol), metadata, version);
}

/** Throws UnsupportedFeatureError, which names every feature that stands in the way of writing to the table. */
export function checkWritable(protocol: Protocol, metadata: Metadata, version: number): void {
  checkReadable(protocol, metadata, version);
  check("write", protocol.minWriterVersion, 7, writerFeatures(protocol), metadata, version);
}

/** True when writers must respect the feature: it is listed, or contained in the protocol's version. */
export function hasFeature(protocol: Protocol, name: string): boolean {
  return writerFeatures(protocol).includes(name) || readerFeatures(protocol).includes(name);
}

/** The least protocol above `base` that has all these features. */
export function withFeatures(base: Protocol, names: readonly string[]): Protocol {
  const added = names.filter((name) => !hasFeature(base, name));
  if (added.length === 0) return base;
  const writer = [...new Set([...writerFeatures(base), ...added])];
  const reader = [...new Set([...readerFeatures(base), ...added.filter((name) => FEATURES[name]?.readerWriter)])];
  // Reader features need reader version 3; without them the version stays, so that old readers can go on.
  return base.minReaderVersion === 3 || reader.length > readerFeatures(base).length
    ? { minReaderVersion: 3, minWriterVersion: 7, readerFeatures: reader, writerFeatures: writer }
    : { minReaderVersion: base.minReaderVersion, minWriterVersion: 7, writerFeatures: writer };
}

/** The table features that a table of this metadata must list. */
export function neededFeatures(metadata: Metadata): string[] {
  const { configuration, schemaString } = metadata;
  const properties = Object.keys(configuration);
  const conditions: Readonly<Record<string, boolean>> = {
    timestampNtz: containsType(parseSchema(schemaString), "timestamp_ntz"),
    variantType: containsType(parseSchema(schemaString), "variant"),
    appendOnly: isTrue("delta.appendOnly")(metadata),
    invariants: hasFieldKey("delta.invariants")(metadata),
    checkConstraints: properties.some((name) => name.startsWith("delta.constraints.")),
    changeDataFeed: isTrue("delta.enableChangeDataFeed")(metadata),
    generatedColumns: hasFieldKey("delta.generationExpression")(metadata),
    columnMapping: (configuration["delta.columnMapping.mode"] ?? "none") !== "none",
    deletionVectors: isTrue("delta.enableDeletionVectors")(metadata),
    identityColumns: hasFieldKey("delta.identity.")(metadata),
    inCommitTimestamp: isTrue("delta.enableInCommitTimestamps")(metadata),
    rowTracking: isTrue("delta.enableRowTracking")(metadata),
    domainMetadata: isTrue("delta.enableRowTracking")(metadata),
    typeWidening: isTrue("delta.enableTypeWidening")(metadata),
    v2Checkpoint: configuration["delta.checkpointPolicy"]?.toLowerCase() === "v2",
  };
  return Object.keys(conditions).filter((name) => conditions[name]);
}

function check(
  verb: "read" | "write",
  version: number,
  newest: number,
  features: readonly string[],
  metadata: Metadata,
  tableVersion: number,
): void {
  const where = { version: tableVersion };
  const remedy = "Use an engine that supports it, or ask the table's owner to drop the feature.";
  if (version > newest) {
    throw new UnsupportedFeatureError(
      `This engine cannot ${verb} the table: it needs ${verb}er protocol version ${version}`,
      {
        where,
        expected: `${verb}er version ${newest} or less`,
        actual: String(version),
        remedy,
      },
    );
  }
  const refused = features.filter((name) => !isSupported(FEATURES[name], verb, metadata));
  if (refused.length === 0) return;
  throw new UnsupportedFeatureError(
    `This engine cannot ${verb} the table: it uses the table feature ${refused.join(", ")}`,
    {
      where,
      actual: refused.join(", "),
      remedy,
    },
  );
}

function isSupported(feature: Feature | undefined, verb: "read" | "write", metadata: Metadata): boolean {
  const support = feature?.[verb] ?? "no";
  return support === "yes" || (support === "unused" && feature?.isUsed?.(metadata) === false);
}

function readerFeatures(protocol: Protocol): readonly string[] {
  if (protocol.minReaderVersion >= 3) return protocol.readerFeatures ?? [];
  return legacyFeatures(({ reader }) => reader !== undefined && reader <= protocol.minReaderVersion);
}

function writerFeatures(protocol: Protocol): readonly string[] {
  if (protocol.minWriterVersion >= 7) return protocol.writerFeatures ?? [];
  return legacyFeatures(({ writer }) => writer <= protocol.minWriterVersion);
}

function legacyFeatures(contained: (legacy: NonNullable<Feature["legacy"]>) => boolean): string[] {
  return Object.entries(FEATURES).flatMap(([name, { legacy }]) =>
    legacy !== undefined && contained(legacy) ? [name] : [],
  );
}
