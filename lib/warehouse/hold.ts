import type { AnyRelation, Relation } from "../relation/relation.js";

/** Evaluates rows once, for several uses, and holds them as long as the process lives. */
export type Hold = (rows: AnyRelation) => Promise<Relation>;
