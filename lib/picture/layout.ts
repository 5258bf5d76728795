import { Graph as Dagre, layout } from "@dagrejs/dagre";
import type { Graph, GraphEdge, GraphNode } from "./graph.js";

/** The middle and the size of a drawn thing, in pixels. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface PlacedGraph {
  readonly nodes: ReadonlyMap<string, Box>;
  readonly edges: readonly { readonly edge: GraphEdge; readonly points: readonly Point[] }[];
  /** Left and right border of each group that has nodes. */
  readonly groups: ReadonlyMap<string, { readonly left: number; readonly right: number }>;
  readonly width: number;
  readonly height: number;
}

const ROOT = "\u0000root";
/** Beyond this number of nodes the quicker way of ranking is taken. */
const FEW_NODES = 100;

/**
 * Places nodes of these sizes from left to right, groups one after the other. Edges to unknown nodes and from a node to
 * itself are left out.
 */
export function placeGraph(graph: Graph, sizeOf: (node: GraphNode) => Pick<Box, "width" | "height">): PlacedGraph {
  const columns = graph.groups === undefined ? undefined : columnsOf(graph);
  const dagre = new Dagre({ multigraph: true });
  dagre.setGraph({
    rankdir: "LR",
    nodesep: 14,
    ranksep: 56,
    ranker: graph.nodes.length > FEW_NODES ? "tight-tree" : "network-simplex",
  });
  for (const [id, size] of sizesOf(graph, columns, sizeOf)) dagre.setNode(id, { ...size });
  const known = graph.edges.filter(({ from, to }) => from !== to && dagre.hasNode(from) && dagre.hasNode(to));
  const distance = ({ from, to }: GraphEdge): number =>
    Math.max(1, (columns?.get(to) ?? 1) - (columns?.get(from) ?? 0));
  for (const [i, edge] of known.entries()) {
    dagre.setEdge(edge.from, edge.to, { minlen: columns === undefined ? 1 : distance(edge) }, String(i));
  }
  if (columns !== undefined) holdColumns(dagre, columns, known);
  layout(dagre);
  return placed(graph, dagre, known);
}

/** The nodes of one column are as wide as the widest of them. */
function sizesOf(
  { nodes }: Graph,
  columns: ReadonlyMap<string, number> | undefined,
  sizeOf: (node: GraphNode) => Pick<Box, "width" | "height">,
): ReadonlyMap<string, Pick<Box, "width" | "height">> {
  const sizes = new Map(nodes.map((node) => [node.id, sizeOf(node)]));
  if (columns === undefined) return sizes;
  const widest = new Map<number | undefined, number>();
  for (const [id, { width }] of sizes) {
    const column = columns.get(id);
    widest.set(column, Math.max(width, widest.get(column) ?? 0));
  }
  return new Map([...sizes].map(([id, size]) => [id, { ...size, width: widest.get(columns.get(id)) ?? size.width }]));
}

/** Nodes that no edge holds in their column hang on a root that is not drawn. */
function holdColumns(dagre: Dagre, columns: ReadonlyMap<string, number>, edges: readonly GraphEdge[]): void {
  const fed = new Set(edges.map((edge) => edge.to));
  dagre.setNode(ROOT, { width: 0, height: 0 });
  for (const [id, column] of columns) {
    if (!fed.has(id)) dagre.setEdge(ROOT, id, { minlen: column + 1, weight: 0 }, "root");
  }
}

/** The column of each node: groups one after the other, and within a group after those that it reads. */
function columnsOf({ groups = [], nodes, edges }: Graph): ReadonlyMap<string, number> {
  const groupOf = new Map(nodes.map((node) => [node.id, groups.findIndex(({ id }) => id === node.group)]));
  const reads = new Map<string, string[]>();
  for (const { from, to } of edges) {
    if (from !== to && groupOf.get(from) === groupOf.get(to)) reads.set(to, [...(reads.get(to) ?? []), from]);
  }
  const depths = new Map<string, number>();
  const depth = (id: string, path: ReadonlySet<string>): number => {
    const found = depths.get(id);
    if (found !== undefined) return found;
    const before = (reads.get(id) ?? []).filter((read) => !path.has(read));
    const below = Math.max(-1, ...before.map((read) => depth(read, new Set([...path, id])))) + 1;
    depths.set(id, below);
    return below;
  };
  for (const { id } of nodes) depth(id, new Set());
  const widths = groups.map((_, group) =>
    Math.max(0, ...nodes.filter(({ id }) => groupOf.get(id) === group).map(({ id }) => (depths.get(id) ?? 0) + 1)),
  );
  const starts = widths.map((_, group) => widths.slice(0, group).reduce((sum, width) => sum + width, 0));
  return new Map(nodes.map(({ id }) => [id, (starts[groupOf.get(id) ?? 0] ?? 0) + (depths.get(id) ?? 0)]));
}

function placed(graph: Graph, dagre: Dagre, known: readonly GraphEdge[]): PlacedGraph {
  const boxes = graph.nodes.map(({ id }) => [id, boxOf(dagre, id)] as const);
  const all = boxes.map(([, box]) => box);
  const left = Math.min(...all.map(({ x, width }) => x - width / 2), Number.POSITIVE_INFINITY);
  const top = Math.min(...all.map(({ y, height }) => y - height / 2), Number.POSITIVE_INFINITY);
  const moved = ({ x, y }: Point): Point => ({ x: x - left, y: y - top });
  const nodes = new Map(boxes.map(([id, box]) => [id, { ...box, ...moved(box) }]));
  const edges = known.map((edge, i) => {
    const points = dagre.edge(edge.from, edge.to, String(i))?.["points"] as readonly Point[] | undefined;
    return { edge, points: fromSideToSide(nodes.get(edge.from), (points ?? []).map(moved), nodes.get(edge.to)) };
  });
  const groups = new Map<string, { left: number; right: number }>();
  for (const { id, group } of graph.nodes) {
    const box = nodes.get(id);
    if (group === undefined || box === undefined) continue;
    const span = groups.get(group) ?? { left: Number.POSITIVE_INFINITY, right: 0 };
    groups.set(group, {
      left: Math.min(span.left, box.x - box.width / 2),
      right: Math.max(span.right, box.x + box.width / 2),
    });
  }
  const bends = edges.flatMap(({ points }) => points);
  const width = Math.max(0, ...[...nodes.values()].map((box) => box.x + box.width / 2));
  const height = Math.max(0, ...[...nodes.values()].map((box) => box.y + box.height / 2), ...bends.map(({ y }) => y));
  return { nodes, edges, groups, width, height };
}

/** The way of an edge, from the middle of one node's right side to the middle of the other's left side. */
function fromSideToSide(from: Box | undefined, points: readonly Point[], to: Box | undefined): readonly Point[] {
  if (from === undefined || to === undefined || from.x >= to.x) return points;
  const start = { x: from.x + from.width / 2, y: from.y };
  return [start, ...points.slice(1, -1), { x: to.x - to.width / 2, y: to.y }];
}

function boxOf(dagre: Dagre, id: string): Box {
  const { x = 0, y = 0, width = 0, height = 0 } = dagre.node(id) as Partial<Box>;
  return { x, y, width, height };
}
