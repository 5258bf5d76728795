import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { highlight } from "../../lib/report/highlight.js";
import { escapeText, html, jsonScript } from "../../lib/report/html.js";
import { markdown } from "../../lib/report/markdown.js";
import { safeMarkup } from "../../lib/report/safe_markup.js";
import { HOSTILE } from "./hostile_lake.js";

const anything = fc.oneof(
  fc.string({ unit: "binary" }),
  fc
    .array(
      fc.constantFrom(
        "<",
        ">",
        "/",
        "script",
        "table",
        "td",
        '"',
        "'",
        "&",
        "&lt;",
        "&#60;",
        " onclick=",
        "\u202e",
        "<!--",
        "x",
      ),
    )
    .map((parts) => parts.join("")),
);

describe("the html tag", () => {
  test("escapes every value, in text and in attributes", () => {
    const { text } = html`<b title="${HOSTILE.image}">${HOSTILE.script}</b>`;
    expect(text).toBe(
      '<b title="&quot;&gt;&lt;img src=x onerror=&quot;window.stolen = 2&quot;&gt;">&lt;script&gt;window.stolen = 1&lt;/script&gt;</b>',
    );
  });

  test("leaves markup of its own as it is, lists included, and nothing for what is not there", () => {
    const items = ["a", "<"].map((item) => html`<li>${item}</li>`);
    expect(html`<ul>${items}${null}${undefined}${false}${0}</ul>`.text).toBe("<ul><li>a</li><li>&lt;</li>0</ul>");
  });

  test("no text leaves it with a sign that HTML understands, or one that nobody sees", () => {
    fc.assert(
      fc.property(anything, (value) => {
        const escaped = escapeText(value);
        expect(escaped).not.toMatch(/[<>"']/);
        expect(escaped.replaceAll(/&(amp|lt|gt|quot|#39);/g, "")).not.toContain("&");
        expect(escaped).not.toMatch(/[\u202a-\u202e\u2066-\u2069\u200e\u200f\0]/);
      }),
    );
  });

  test("marks that turn the direction are shown by their code", () => {
    expect(escapeText(HOSTILE.direction)).toBe("invoice[U+202E]fdp.exe");
  });

  test("a script's data cannot end the script", () => {
    fc.assert(
      fc.property(anything, (value) => {
        const { text } = jsonScript("a", { value });
        const inner = text.slice(text.indexOf(">") + 1, text.lastIndexOf("<"));
        expect(inner).not.toMatch(/[<>]/);
        expect(JSON.parse(inner)).toEqual({ value });
      }),
    );
  });
});

describe("the HTML of an output", () => {
  test("keeps tables and text, and the side on which numbers stand", () => {
    const markup = `<table class="x"><tr><th style="text-align:right" colspan=2>n<br><small>long</small></th></tr></table><p>a &lt; b &amp; c</p>`;
    expect(safeMarkup(markup).text).toBe(
      `<table><tr><th class="num" colspan="2">n<br><small>long</small></th></tr></table><p>a &lt; b &amp; c</p>`,
    );
  });

  test("loses what runs, loads or styles, and ends before it could leave its place", () => {
    expect(
      safeMarkup(`<b>x</div></main><script>alert(1)</script><style>*{}</style><a href="javascript:1">y</a>`).text,
    ).toBe("<b>xy</b>");
    expect(safeMarkup("<img src=x onerror=alert(1)>&#60;script&#62;").text).toBe("&lt;script&gt;");
    expect(safeMarkup("<scr<script>x</script>ipt>alert(1)</script>").text).not.toMatch(/<script/);
  });

  test("holds nothing but known elements, balanced, whatever comes in", () => {
    fc.assert(
      fc.property(anything, (markup) => {
        const open: string[] = [];
        const { text } = safeMarkup(markup);
        const rest = text.replaceAll(
          /<(\/?)([a-z0-9]+)(?: class="num")?(?: colspan="\d+")?>/g,
          (_, close: string, name: string) => {
            expect(["script", "style", "img", "iframe", "a", "svg"]).not.toContain(name);
            if (close === "/") expect(open.pop()).toBe(name);
            else if (name !== "br") open.push(name);
            return "";
          },
        );
        expect(open).toEqual([]);
        expect(rest).not.toMatch(/[<>"']/);
      }),
    );
  });
});

describe("prose and code", () => {
  const nowhere = (): undefined => undefined;

  test("HTML in prose is text; links that run something or lead nowhere are none", () => {
    const source = `${HOSTILE.script} [a](javascript:alert(1)) [b](../../lib/x.ts) [c](https://x.example) ![d](https://x.example/i.png)`;
    const { text } = markdown(source, nowhere);
    expect(text).not.toMatch(/<script|javascript:\w*"|<img/);
    expect(text.match(/href="[^"]*"/g)).toEqual(['href="https://x.example"', 'href="https://x.example/i.png"']);
  });

  test("links to notebooks lead to their pages, headings are one level lower", () => {
    const { text } = markdown("# A\n\n[gold](../gold/gvm.ipynb)", (table) => `${table}.html`);
    expect(text).toContain("<h2>A</h2>");
    expect(text).toContain('href="gold.gvm.html"');
  });

  test("code is text in colours", () => {
    const { text } = highlight(`const a = "</code><script>"; // ${HOSTILE.direction}`);
    expect(text).toContain('<span class="hljs-keyword">const</span>');
    expect(text.replaceAll(/<\/?span[^>]*>/g, "")).toBe(
      "const a = &quot;&lt;/code&gt;&lt;script&gt;&quot;; // invoice[U+202E]fdp.exe",
    );
  });
});
