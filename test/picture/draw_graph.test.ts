import { describe, expect, test } from "vitest";
import type { DomElement } from "../../lib/chart/dom.js";
import { drawGraph } from "../../lib/picture/draw_graph.js";
import type { Graph, GraphEdge, GraphNode } from "../../lib/picture/graph.js";
import { parseXml, select } from "../support/dom.js";

const LAKE: Graph = {
  title: "The lake",
  groups: ["bronze", "silver", "gold"].map((id) => ({ id, title: id })),
  nodes: [
    { id: "b", title: "bronze.vendas", group: "bronze", lines: ["1.234 rows"], state: "good", href: "b.html" },
    { id: "s", title: "silver.vendas", group: "silver", state: "warning" },
    { id: "g", title: "gold.vendas", group: "gold", state: "bad", description: "Sales" },
    { id: "alone", title: "gold.alone", group: "gold" },
  ],
  edges: [
    { from: "b", to: "s" },
    { from: "s", to: "g", label: "daily" },
    { from: "b", to: "g" },
  ],
};

/** Left border of each node by its title. */
function lefts(svg: string): Map<string, number> {
  const nodes = select(parseXml(svg), ".tslake-node");
  const left = (node: DomElement): number => Number(/translate\((\S+)/.exec(node.getAttribute("transform") ?? "")?.[1]);
  return new Map(nodes.map((node) => [select(node, "text")[0]?.textContent ?? "", left(node)]));
}

const HOSTILE = [
  "<script>alert(1)</script>",
  `"'><img src=x onerror=alert(1)>`,
  "]]>&amp;",
  "a\u202Eb\uD800\u0000",
  "é😀مرحبا",
];

describe("the picture of a graph", () => {
  test("is an accessible document that loads nothing, the same for the same graph", () => {
    const svg = drawGraph(LAKE);
    const document = parseXml(svg);
    expect(document.getAttribute("role")).toBe("group");
    expect(drawGraph({ title: "no links", nodes: [], edges: [] })).toContain('role="img"');
    const labels = (document.getAttribute("aria-labelledby") ?? "").split(" ");
    expect(labels.map((id) => select(document, `#${id}`)[0]?.textContent)).toEqual(["The lake", "4 nodes, 3 edges"]);
    expect(svg.replace('xmlns="http://www.w3.org/2000/svg"', "")).not.toMatch(
      /https?:|<script|<image|@import|href="http/,
    );
    expect(drawGraph(LAKE)).toBe(svg);
    expect(svg).toContain("prefers-color-scheme:dark");
  });

  test("puts groups one after the other, also nodes that nothing holds there", () => {
    const left = lefts(drawGraph(LAKE));
    const [bronze = 0, silver = 0, gold = 0, alone = 0] = [
      "bronze.vendas",
      "silver.vendas",
      "gold.vendas",
      "gold.alone",
    ].map((name) => left.get(name));
    expect(bronze).toBeLessThan(silver);
    expect(silver).toBeLessThan(gold);
    expect(alone).toBe(gold);
  });

  test("draws each edge and links each node with an address", () => {
    const document = parseXml(drawGraph(LAKE));
    expect(select(document, "path[marker-end]")).toHaveLength(3);
    expect(select(document, "a").map((link) => link.getAttribute("href"))).toEqual(["b.html"]);
    expect(document.textContent).toContain("daily");
  });

  test.each(HOSTILE)("shows %j as text wherever it stands", (text) => {
    const node = { id: text, title: text, lines: [text], description: text, group: text };
    const svg = drawGraph({
      title: text,
      description: text,
      groups: [{ id: text, title: text }],
      nodes: [node, { id: "b", title: "b", group: text }],
      edges: [{ from: text, to: "b", label: text }],
    });
    const document = parseXml(svg);
    expect(select(document, "script, img, parsererror")).toHaveLength(0);
    expect(select(document, "desc")[0]?.textContent).toBe(text.replace(/\u202E|\uD800|\0/g, "\uFFFD"));
  });

  test.each(["javascript:alert(1)", " java\tscript:alert(1)", "\u0001javascript:alert(1)", "data:text/html,x"])(
    "takes no address like %j",
    (href) => {
      expect(drawGraph({ title: "t", nodes: [{ id: "a", title: "a", href }], edges: [] })).not.toContain("<a ");
    },
  );

  test("survives circles, unknown nodes, edges from a node to itself and no node at all", () => {
    const nodes = ["a", "b"].map((id) => ({ id, title: id, group: "g" }));
    const edges = [
      ["a", "b"],
      ["b", "a"],
      ["a", "a"],
      ["a", "missing"],
    ].map(([from = "", to = ""]) => ({ from, to }));
    for (const groups of [undefined, [{ id: "g", title: "G" }], []]) {
      const svg = drawGraph({ title: "t", nodes, edges, ...(groups === undefined ? {} : { groups }) });
      expect(svg).not.toMatch(/NaN|Infinity/);
      expect(select(parseXml(svg), "path[marker-end]")).toHaveLength(2);
    }
    expect(drawGraph({ title: "nothing", nodes: [], edges: [] })).not.toMatch(/NaN|Infinity/);
  });

  test("of 500 tables takes about a second", () => {
    const size = [150, 150, 120, 80];
    const nodes: GraphNode[] = size.flatMap((count, layer) =>
      Array.from({ length: count }, (_, i) => ({ id: `${layer}_${i}`, title: `t${layer}_${i}`, group: `${layer}` })),
    );
    const edges: GraphEdge[] = size.flatMap((count, layer) =>
      layer === 0
        ? []
        : Array.from({ length: 2 * count }, (_, i) => ({
            from: `${layer - 1}_${(i * 7919) % (size[layer - 1] ?? 1)}`,
            to: `${layer}_${i % count}`,
          })),
    );
    const before = process.cpuUsage();
    drawGraph({ title: "big", groups: size.map((_, id) => ({ id: `${id}`, title: `${id}` })), nodes, edges });
    const { user } = process.cpuUsage(before);
    expect(user / 1e6).toBeLessThan(4);
  });
});
