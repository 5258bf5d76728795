/**
 * What a page of the report can do beyond being read: tell times as distances, follow a column's lineage, and, where its own
 * server has sent it, the progress of a run. Everything is put in as text.
 */
(() => {
  const root = document.body.dataset.root;

  function element(name, text, attributes = {}) {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  }

  function distance(millis) {
    const units = [
      ["day", 86_400_000],
      ["hour", 3_600_000],
      ["minute", 60_000],
    ];
    const past = Date.now() - millis;
    const [unit, size] = units.find(([, length]) => Math.abs(past) >= length) ?? ["minute", 60_000];
    return new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(-Math.round(past / size), unit);
  }

  for (const time of document.querySelectorAll("time[datetime]")) {
    const millis = Date.parse(time.dateTime);
    time.title = `${time.textContent} UTC, ${distance(millis)}`;
    if (time.dataset.distance !== undefined) time.textContent = distance(millis);
  }

  /** A column's address: `table.column`; tables are `layer.name`. */
  function split(address) {
    const end = address.indexOf(".", address.indexOf(".") + 1);
    return [address.slice(0, end), address.slice(end + 1)];
  }

  function anchorOf(name) {
    return name.replace(/[^A-Za-z0-9_-]/g, (char) => `.${char.charCodeAt(0).toString(16)}`);
  }

  function tree(edges, from, seen) {
    const next = (edges[from] ?? []).filter((address) => !seen.has(address));
    if (next.length === 0) return undefined;
    const list = element("ul");
    for (const address of next) {
      const [table, column] = split(address);
      const item = element("li");
      const href = `${root}tables/${encodeURIComponent(table)}.html#column-${anchorOf(column)}`;
      item.append(element("span", `${table}.`, { class: "muted" }), element("a", column, { href }));
      const below = tree(edges, address, new Set([...seen, address]));
      if (below) item.append(below);
      list.append(item);
    }
    return list;
  }

  const data = document.getElementById("lineage-data");
  const panel = document.getElementById("lineage");
  if (data && panel) {
    const { table, from, to } = JSON.parse(data.textContent);
    const show = (row) => {
      const column = row.dataset.column;
      const address = `${table}.${column}`;
      const half = (title, edges, nothing) => {
        const part = element("div");
        part.append(element("h4", title));
        part.append(tree(edges, address, new Set([address])) ?? element("p", nothing, { class: "muted" }));
        return part;
      };
      const both = element("div", undefined, { class: "columns" });
      both.append(
        half("Comes from", from, panel.dataset.source ?? "No column of another table."),
        half("Feeds", to, "No column of another table."),
      );
      panel.replaceChildren(element("h3", `Lineage of ${column}`), both);
      for (const other of document.querySelectorAll("tr.chosen")) other.classList.remove("chosen");
      row.classList.add("chosen");
    };
    const rows = [...document.querySelectorAll("tr[data-column]")];
    const follow = () => {
      const row = rows.find(({ id }) => `#${id}` === location.hash);
      if (row) show(row);
    };
    window.addEventListener("hashchange", follow);
    follow();
  }

  const month = document.getElementById("month");
  if (month) {
    const charts = [...document.querySelectorAll("[data-month]")];
    const choose = () => {
      for (const chart of charts) chart.hidden = chart.dataset.month !== month.value;
    };
    month.addEventListener("change", choose);
    choose();
  }

  if (document.documentElement.dataset.live !== undefined) {
    const live = element("section", undefined, {
      id: "live",
      "aria-live": "polite",
      "aria-label": "The run that works now",
    });
    let seen;
    const events = new EventSource("/events");
    events.onmessage = ({ data: text }) => {
      const { run, written } = JSON.parse(text);
      seen ??= written;
      if (written !== seen) return location.reload();
      if (run === null) return live.remove();
      const done = run.steps.filter(({ status }) => status !== "waiting" && status !== "running").length;
      const list = element("ul");
      for (const { step, status } of run.steps) {
        const state = { waiting: "idle", running: "running", succeeded: "good", fresh: "good", failed: "bad" }[status];
        const item = element("li");
        item.append(element("span", `${step} ${status}`, { class: `badge ${state ?? "warning"}` }));
        list.append(item);
      }
      const title = element("strong", `Run ${run.runId}: ${done} of ${run.steps.length} steps have ended`);
      live.replaceChildren(title, list);
      if (!live.isConnected) document.querySelector("main").prepend(live);
    };
  }
})();
