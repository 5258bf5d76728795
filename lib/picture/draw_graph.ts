import { createHash } from "node:crypto";
import { FONT, PAPER, schemed, schemeStyle } from "./colours.js";
import { escapeText } from "./escape.js";
import type { Graph, GraphNode, NodeState } from "./graph.js";
import { type Box, type PlacedGraph, type Point, placeGraph } from "./layout.js";
import { fitText, textWidth } from "./text_width.js";

const TITLE_SIZE = 13;
const LINE_SIZE = 11;
const LINE_HEIGHT = 15;
const WIDEST = 240;
const MARGIN = 16;
const HEADING = 28;

/**
 * Draws a graph as an SVG document of its own: no script, no address from which anything is loaded, the same text for the
 * same graph. Light or dark by the reader's scheme, and by the page's `--tslake-*` colours where it stands inline.
 */
export function drawGraph(graph: Graph): string {
  const placed = placeGraph(graph, sizeOf);
  const mark = `g${createHash("sha256").update(JSON.stringify(graph)).digest("hex").slice(0, 8)}`;
  const heading = graph.groups === undefined ? 0 : HEADING;
  const width = Math.ceil(placed.width + 2 * MARGIN);
  const height = Math.ceil(placed.height + heading + 2 * MARGIN);
  const description =
    graph.description ?? `${counted(graph.nodes.length, "node")}, ${counted(graph.edges.length, "edge")}`;
  // Assistive technology hides what is inside an image, links too.
  const role = graph.nodes.some((node) => node.href !== undefined) ? "group" : "img";
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" role="${role}" aria-labelledby="${mark}t ${mark}d" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${FONT}">`,
    `<title id="${mark}t">${escapeText(graph.title)}</title>`,
    `<desc id="${mark}d">${escapeText(description)}</desc>`,
    `<style>${schemeStyle()}.tslake-node:focus-visible rect,.tslake-node:hover rect{stroke-width:2.5}</style>`,
    `<marker id="${mark}a" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0.5 8 4 0 7.5z" ${schemed("muted", "fill")}/></marker>`,
    `<rect width="${width}" height="${height}" rx="8" ${schemed("paper", "fill")}/>`,
    `<g transform="translate(${MARGIN} ${MARGIN})">`,
    ...headings(graph, placed),
    `<g transform="translate(0 ${heading})">`,
    ...placed.edges.map(({ edge, points }) => drawEdge(points, edge.label, mark)),
    ...graph.nodes.map((node) => drawNode(node, placed.nodes.get(node.id))),
    "</g></g></svg>",
  ].join("\n");
}

function sizeOf({ title, lines = [] }: GraphNode): Pick<Box, "width" | "height"> {
  const widest = Math.max(textWidth(title, TITLE_SIZE) * 1.06, ...lines.map((line) => textWidth(line, LINE_SIZE)));
  return { width: Math.min(WIDEST, Math.max(88, Math.ceil(widest) + 30)), height: 28 + lines.length * LINE_HEIGHT };
}

function headings({ groups = [] }: Graph, placed: PlacedGraph): string[] {
  return groups.flatMap(({ id, title }) => {
    const span = placed.groups.get(id);
    if (span === undefined) return [];
    const x = round((span.left + span.right) / 2);
    return [
      `<text x="${x}" y="12" text-anchor="middle" font-size="12" font-weight="600" letter-spacing="0.4" ${schemed("muted", "fill")}>${escapeText(title)}</text>`,
      `<path d="M${round(span.left)} 19H${round(span.right)}" ${schemed("line", "stroke")}/>`,
    ];
  });
}

function drawNode(node: GraphNode, box: Box | undefined): string {
  if (box === undefined) return "";
  const [left, top] = [round(box.x - box.width / 2), round(box.y - box.height / 2)];
  const { title, lines = [], state = "idle" } = node;
  const inside = box.width - 26;
  const tip = [title, ...lines, STATES[state].word, node.description ?? ""].filter((line) => line !== "").join("\n");
  const texts = lines.map(
    (line, i) =>
      `<text x="16" y="${round(34 + i * LINE_HEIGHT)}" font-size="${LINE_SIZE}" ${schemed("muted", "fill")}>${escapeText(fitText(line, LINE_SIZE, inside))}</text>`,
  );
  const drawn = [
    `<g class="tslake-node" transform="translate(${left} ${top})">`,
    `<title>${escapeText(tip)}</title>`,
    `<rect width="${round(box.width)}" height="${round(box.height)}" rx="6" class="tslake-paper-fill tslake-line-stroke" fill="${PAPER.paper.light}" stroke="${PAPER.line.light}"/>`,
    `<path d="M6 0h2v${round(box.height)}h-2a6 6 0 0 1-6-6v-${round(box.height - 12)}a6 6 0 0 1 6-6z" fill="${STATES[state].colour}"/>`,
    `<text x="16" y="18" font-size="${TITLE_SIZE}" font-weight="600" ${schemed("ink", "fill")}>${escapeText(fitText(title, TITLE_SIZE * 1.06, inside))}</text>`,
    ...texts,
    "</g>",
  ].join("");
  const href = safeAddress(node.href);
  return href === undefined ? drawn : `<a href="${escapeText(href)}">${drawn}</a>`;
}

const STATES: Readonly<Record<NodeState, { readonly colour: string; readonly word: string }>> = {
  good: { colour: "#009e73", word: "good" },
  warning: { colour: "#e69f00", word: "warning" },
  bad: { colour: "#d55e00", word: "bad" },
  running: { colour: "#0072b2", word: "running" },
  idle: { colour: "#999999", word: "" },
};

/** An edge as a smooth curve through the points of its way. */
function drawEdge(points: readonly Point[], label: string | undefined, mark: string): string {
  const [first, ...rest] = points;
  const last = rest.at(-1);
  if (first === undefined || last === undefined) return "";
  let path = `M${round(first.x)} ${round(first.y)}`;
  let from = first;
  for (const to of rest) {
    const middle = round((from.x + to.x) / 2);
    path += `C${middle} ${round(from.y)} ${middle} ${round(to.y)} ${round(to.x)} ${round(to.y)}`;
    from = to;
  }
  const line = `<path d="${path}" fill="none" stroke-width="1.2" marker-end="url(#${mark}a)" ${schemed("muted", "stroke")}/>`;
  if (label === undefined) return line;
  const [x, y] = [round((first.x + last.x) / 2), round((first.y + last.y) / 2 - 4)];
  return `${line}<text x="${x}" y="${y}" text-anchor="middle" font-size="10" ${schemed("muted", "fill")}>${escapeText(label)}</text>`;
}

/** As a browser would read it: an address that runs a script is none. */
function safeAddress(href: string | undefined): string | undefined {
  if (href === undefined || !URL.canParse(href, "https://here.invalid/")) return undefined;
  return /^https?:$/.test(new URL(href, "https://here.invalid/").protocol) ? href : undefined;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
