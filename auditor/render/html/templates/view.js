"use strict";
for (const table of document.querySelectorAll("table.stack")) {
  const body = table.tBodies[0];
  table.querySelectorAll("th:not(.pic)").forEach((head, at) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.textContent = "";
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of head.parentNode.children) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const value = (row) => {
        const cell = row.cells[at], data = cell.querySelector("data");
        return data ? Number(data.value) : /^[\d,]+$/.test(cell.textContent) ? Number(cell.textContent.replaceAll(",", "")) : cell.textContent.trim();
      };
      const order = (a, b) => {
        const one = value(a), two = value(b);
        return typeof one === "number" && typeof two === "number" ? one - two : String(one).localeCompare(String(two));
      };
      const rows = [...body.rows].sort(order);
      body.append(...(down ? rows.reverse() : rows));
    });
  });
  if (body.rows.length < 6) continue;
  const label = document.createElement("label"), field = document.createElement("input"), count = document.createElement("span");
  label.className = "filter";
  field.type = "search";
  field.placeholder = "filter";
  field.setAttribute("aria-label", "Filter the rows of this table");
  count.setAttribute("role", "status");
  label.append(field, count);
  table.closest(".wide").before(label);
  field.addEventListener("input", () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    let left = 0;
    for (const row of body.rows) {
      const text = row.textContent.toLowerCase(), hit = words.every((word) => text.includes(word));
      row.hidden = !hit;
      left += hit;
    }
    count.textContent = words.length ? ` ${left} of ${body.rows.length}` : "";
  });
}
const opened = () => {
  const aim = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (aim && aim.tagName === "DETAILS") aim.open = true;
};
addEventListener("hashchange", opened);
opened();
if (location.pathname.endsWith("/search.html")) document.querySelector("input[type=search]")?.focus();
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) return;
  const go = { "/": "search.html", h: "index.html", "[": document.querySelector("link[rel=prev]")?.href, "]": document.querySelector("link[rel=next]")?.href }[event.key];
  if (!go) return;
  event.preventDefault();
  location.href = go;
});
