import type { AnyTable } from "../contract/define_table.js";
import type { Lake } from "../lake/lake.js";
import type { BooleanColumn } from "../relation/boolean_column.js";
import type { Relation } from "../relation/relation.js";
import type { TextColumn } from "../relation/text_column.js";
import { placeOf } from "./occurrences.js";

/** Domain of a table in which it keeps what was withdrawn from it, so that no replay brings it back. */
export const WITHDRAWN_DOMAIN = "tslake.withdrawn";

/** Archived files, and single rows as `file:line`, that count no more as occurrences of what they hold. */
export interface Withdrawals {
  readonly files: readonly string[];
  readonly ids: readonly string[];
}

/** What was withdrawn from a table so far. */
export async function withdrawals(lake: Lake, table: AnyTable): Promise<Withdrawals> {
  const text = await (await lake.snapshot(table.name))?.domainMetadata(WITHDRAWN_DOMAIN);
  return text === undefined ? { files: [], ids: [] } : (JSON.parse(text) as Withdrawals);
}

/** The source rows that count. */
export function withoutWithdrawn(rows: Relation, gone: Withdrawals): Relation {
  return isNothing(gone) ? rows : rows.filter((t) => isWithdrawn(t, gone).not());
}

/** The source rows that count no more. */
export function onlyWithdrawn(rows: Relation, gone: Withdrawals): Relation {
  return isNothing(gone) ? rows.limit(0) : rows.filter((t) => isWithdrawn(t, gone));
}

function isNothing({ files, ids }: Withdrawals): boolean {
  return files.length + ids.length === 0;
}

function isWithdrawn(t: Relation["columns"], { files, ids }: Withdrawals): BooleanColumn {
  const inFile = (t["_file"] as TextColumn).isIn(...files);
  if (ids.length === 0) return inFile;
  const single = placeOf(t).isIn(...ids);
  return files.length === 0 ? single : inFile.or(single);
}
