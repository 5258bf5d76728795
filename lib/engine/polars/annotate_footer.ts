import { open } from "node:fs/promises";
import type { DataType, StructField } from "../../types.js";
import type { NameOf } from "./stored_names.js";
import {
  int32,
  readThrift,
  structOf,
  structsIn,
  type ThriftStruct,
  text,
  textList,
  textOf,
  withFields,
  withStructs,
  writeThrift,
} from "./thrift.js";

/**
 * Says in the footer of a Parquet file what Polars has no way to say: the ids of fields, and which lists of entries are
 * maps (parquet-format, "Maps"). `fields` are the file's columns. Only the end of the file is written again.
 */
export async function annotateFooter(path: string, fields: readonly StructField[], nameOf: NameOf): Promise<void> {
  const file = await open(path, "r+");
  try {
    const { size } = await file.stat();
    const { buffer: tail } = await file.read(Buffer.alloc(8), 0, 8, size - 8);
    const start = size - 8 - tail.readUInt32LE(0);
    const { buffer: footer } = await file.read(Buffer.alloc(size - 8 - start), 0, size - 8 - start, start);
    const annotated = writeThrift(annotate(readThrift(footer), fields, nameOf));
    tail.writeUInt32LE(annotated.length, 0);
    await file.write(Buffer.concat([annotated, tail]), 0, annotated.length + 8, start);
    await file.truncate(start + annotated.length + 8);
  } finally {
    await file.close();
  }
}

/** Whether files of these columns need it. */
export function needsAnnotation(fields: readonly StructField[], nameOf: NameOf): boolean {
  return fields.some((f) => nameOf(f).id !== undefined || holdsMap(f.type));
}

/** True for maps, and for types with a map in them. */
export function holdsMap(type: DataType): boolean {
  if (typeof type === "string") return false;
  if (type.type === "map") return true;
  return type.type === "array" ? holdsMap(type.elementType) : type.fields.some((f) => holdsMap(f.type));
}

/** Numbers of fields in parquet.thrift. */
const FOOTER = { schema: 2, rowGroups: 4, keyValues: 5 } as const;
const ELEMENT = { name: 4, children: 5, converted: 6, id: 9, logical: 10 } as const;
const COLUMNS = 1;
const META = 3;
const PATH = 3;
const KEY = 1;
const CONVERTED_MAP = 1;
const LOGICAL_MAP = 2;

/** The Arrow schema that Polars puts beside the file's own knows neither ids nor maps. */
const ARROW = "ARROW:schema";

function annotate(footer: ThriftStruct, fields: readonly StructField[], nameOf: NameOf): ThriftStruct {
  const [schema, rowGroups, keyValues] = [FOOTER.schema, FOOTER.rowGroups, FOOTER.keyValues].map((number) =>
    footer.fields.get(number),
  );
  const [root, ...elements] = structsIn(schema);
  if (root === undefined) throw new RangeError("a Parquet footer has a schema");
  const columns = annotatedColumns(elements, fields, nameOf);
  const kept = structsIn(keyValues).filter((one) => textOf(one.fields.get(KEY)) !== ARROW);
  return withFields(footer, {
    [FOOTER.schema]: withStructs(schema, [root, ...columns.flatMap((column) => column.elements)]),
    [FOOTER.rowGroups]: withStructs(
      rowGroups,
      structsIn(rowGroups).map((group) =>
        withPaths(
          group,
          columns.flatMap((column) => column.leaves),
        ),
      ),
    ),
    [FOOTER.keyValues]: kept.length === 0 ? undefined : withStructs(keyValues, kept),
  });
}

/** A column's part of the schema, depth first, and the paths of its leaves. */
interface Annotated {
  readonly elements: readonly ThriftStruct[];
  readonly leaves: readonly (readonly string[])[];
}

function annotatedColumns(
  elements: readonly ThriftStruct[],
  fields: readonly StructField[],
  nameOf: NameOf,
): readonly Annotated[] {
  let next = 0;
  const take = (): ThriftStruct => {
    const element = elements[next++];
    if (element === undefined) throw new RangeError("a Parquet schema has an element for each of its columns");
    return element;
  };
  const ofField = (f: StructField): Annotated => {
    const { id } = nameOf(f);
    return ofType(f.type, id === undefined ? {} : { [ELEMENT.id]: int32(id) });
  };
  const ofType = (type: DataType, changes: Readonly<Record<number, ReturnType<typeof int32>>> = {}): Annotated => {
    const element = withFields(take(), changes);
    if (typeof type === "string") return below(element, [{ elements: [], leaves: [[]] }]);
    switch (type.type) {
      case "struct":
        return below(element, type.fields.map(ofField));
      case "array":
        return below(element, [below(take(), [ofType(type.elementType)])]);
      case "map": {
        const entries = withFields(take(), { [ELEMENT.name]: text("key_value"), [ELEMENT.children]: int32(2) });
        // The struct of a list's element, which is required, has no place in a map.
        take();
        const parts = below(entries, [ofType(type.keyType), ofType(type.valueType)]);
        const map = structOf({ [LOGICAL_MAP]: structOf({}) });
        return below(withFields(element, { [ELEMENT.converted]: int32(CONVERTED_MAP), [ELEMENT.logical]: map }), [
          parts,
        ]);
      }
    }
  };
  return fields.map(ofField);
}

function below(element: ThriftStruct, parts: readonly Annotated[]): Annotated {
  const name = textOf(element.fields.get(ELEMENT.name));
  return {
    elements: [element, ...parts.flatMap((part) => part.elements)],
    leaves: parts.flatMap((part) => part.leaves.map((path) => [name, ...path])),
  };
}

/** Column chunks stand in the order of the schema's leaves. */
function withPaths(group: ThriftStruct, leaves: readonly (readonly string[])[]): ThriftStruct {
  const chunks = group.fields.get(COLUMNS);
  const renamed = structsIn(chunks).map((chunk, i) => {
    const meta = chunk.fields.get(META);
    if (meta === undefined || !("fields" in meta)) throw new RangeError("a column chunk has metadata");
    return withFields(chunk, { [META]: withFields(meta, { [PATH]: textList(leaves[i] ?? []) }) });
  });
  return withFields(group, { [COLUMNS]: withStructs(chunks, renamed) });
}
