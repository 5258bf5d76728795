/** A directed graph to be drawn, for instance the tables of a lake and what they read. */
export interface Graph {
  /** What the picture shows; also its accessible name. */
  readonly title: string;
  /** Read out by screen readers; default the numbers of nodes and edges. */
  readonly description?: string;
  /** Columns from left to right. Nodes of a group stand together; without groups the edges alone decide. */
  readonly groups?: readonly GraphGroup[];
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

export interface GraphGroup {
  readonly id: string;
  readonly title: string;
}

export interface GraphNode {
  readonly id: string;
  readonly title: string;
  /** Below the title, in smaller type. */
  readonly lines?: readonly string[];
  /** Id of the group that it stands in. */
  readonly group?: string;
  /** How it fares: the colour of its mark and a word in its tool tip. */
  readonly state?: NodeState;
  /** Where a click leads; only relative, `http(s):` and `#` addresses are taken over. */
  readonly href?: string;
  /** More about it, in its tool tip. */
  readonly description?: string;
}

export type NodeState = "good" | "warning" | "bad" | "running" | "idle";

export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  readonly label?: string;
}
