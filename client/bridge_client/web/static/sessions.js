// The list at the left: conversations, newest first, what is found in them, and what can be done with each.

import { ago, announce, ask, byId, counted, dollars, el, expiry, moment } from "./dom.js";
import { on, request } from "./bridge.js";

const SOON = 300, TYPING = 250, AGAIN = 3000;

const list = byId("list"), menu = el("div", { id: "menu", popover: "auto" });
document.body.append(menu);

let rows = [], cursor = "", current = "", timer = 0, searching = 0;
let changed = () => {};

export const rowOf = (sessionId) => rows.find((row) => row.session_id === sessionId);
export const models = () => [...new Set(rows.map((row) => row.model).filter(Boolean))];
export const titleOf = (row) => row.title || row.session_id;

/** `act` is called whenever the list is another one. */
export function whenListed(act) {
  changed = act;
}

export function mark(sessionId) {
  current = sessionId;
  for (const link of list.querySelectorAll("a")) {
    if (link.dataset.session === current) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

/** Reads the newest again, at once or a little later. */
export function refresh(after = SOON) {
  clearTimeout(timer);
  timer = setTimeout(async () => {
    try {
      const page = await request("sessions");
      const older = rows.filter((row) => !page.sessions.some((newer) => newer.session_id === row.session_id));
      const isAll = !page.cursor;
      const last = page.sessions.at(-1)?.last_updated ?? 0;
      // What lies beyond the first page was read before, and stays.
      rows = isAll ? page.sessions : [...page.sessions, ...older.filter((row) => row.last_updated <= last)];
      cursor = isAll ? "" : cursor || page.cursor;
      draw();
    } catch (error) {
      byId("list-note").textContent = error.message;
      byId("list-note").hidden = false;
      refresh(AGAIN);
    }
  }, after);
}

async function showMore() {
  const page = await request("sessions", { cursor });
  rows = [...rows, ...page.sessions.filter((row) => !rowOf(row.session_id))];
  cursor = page.cursor;
  draw();
}

export function forget(sessionId) {
  rows = rows.filter((row) => row.session_id !== sessionId);
  draw();
}

function draw() {
  if (!byId("words").value.trim()) {
    byId("list-note").hidden = rows.length > 0;
    byId("list-note").textContent = "What you say here is remembered.";
    byId("more").hidden = !cursor;
    const focused = document.activeElement?.closest?.("#list a, #list button")?.id;
    list.replaceChildren(...rows.map(rowElement));
    if (focused) byId(focused)?.focus();
    mark(current);
  }
  changed();
}

function rowElement(row) {
  const id = row.session_id;
  const cost = row.cost_usd ? dollars(row.cost_usd) : "";
  const meta = [ago(row.last_updated), expiry(row.expires_at), cost].filter(Boolean).join(" · ");
  const link = el("a", { href: `#${id}`, id: `row-${id}`, title: counted(row.turns || 0, "turn") },
    el("span", { className: "title", dir: "auto" }, titleOf(row)), el("span", { className: "note" }, meta));
  link.dataset.session = id;
  const button = el("button", { type: "button", className: "quiet", id: `menu-${id}`, "aria-haspopup": "true", "aria-label": `Actions for ${titleOf(row)}` }, "⋯");
  button.addEventListener("click", () => openMenu(button, row));
  return el("li", {}, link, button);
}

function openMenu(button, row) {
  const kept = row.keep_hours === 0;
  const actions = [
    ["Rename", () => rename(row)],
    kept ? ["Let it expire", () => change(row, { reset: ["keep_hours"] })] : ["Keep until I delete it", () => change(row, { keep_hours: 0 })],
    ["Export as Markdown", () => exported(row, "md")],
    ["Export as JSON lines", () => exported(row, "jsonl")],
    ["Delete", () => remove(row), "danger"],
  ];
  menu.replaceChildren(...actions.map(([words, act, kind]) => {
    const item = el("button", { type: "button", className: `quiet ${kind ?? ""}` }, words);
    item.addEventListener("click", () => { menu.hidePopover(); act(); });
    return item;
  }));
  menu.showPopover();
  const { left, bottom } = button.getBoundingClientRect();
  menu.style.left = `${Math.max(8, Math.min(left, innerWidth - menu.offsetWidth - 8))}px`;
  menu.style.top = `${Math.max(8, Math.min(bottom, innerHeight - menu.offsetHeight - 8))}px`;
  menu.firstChild.focus();
  menu.onkeydown = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const items = [...menu.children];
    items[(items.indexOf(document.activeElement) + step + items.length) % items.length].focus();
  };
}

export function rename(row) {
  const input = el("input", { id: "new-title", value: row.title || "", maxLength: 200, required: true, autocomplete: "off", dir: "auto" });
  return ask({
    title: "Rename", ok: "Rename", body: [el("label", { htmlFor: "new-title" }, "Title"), input],
    act: () => save(row.session_id, { title: input.value.trim() }),
  });
}

async function change(row, changes) {
  try {
    await save(row.session_id, changes);
    announce("Saved.");
  } catch (error) {
    complain(error);
  }
}

/** Changes settings of a session; returns all of them. */
export async function save(sessionId, changes) {
  const { settings } = await request("change", { session_id: sessionId, changes });
  refresh(0);
  return settings;
}

export function remove(row) {
  return ask({
    title: "Delete this conversation?", ok: "Delete", danger: true,
    body: [el("p", {}, el("b", { dir: "auto" }, titleOf(row))), el("p", {}, "Everything said in it will be gone, for good.")],
    act: async () => {
      const { erased } = await request("delete", { session_id: row.session_id });
      forget(row.session_id);
      announce(erased ? "Deleted." : "Deleted. Its text is still being erased.");
    },
  });
}

async function exported(row, kind) {
  try {
    const { name, text } = await request("export", { session_id: row.session_id, title: row.title, kind });
    const address = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
    el("a", { href: address, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
    announce(`Exported as ${name}.`);
  } catch (error) {
    complain(error);
  }
}

function complain(error) {
  return ask({ title: "That did not work", body: [el("p", { className: "error" }, error.message)], act: () => {} });
}

async function search() {
  const words = byId("words").value.trim(), mine = ++searching, note = byId("list-note");
  if (!words) return draw();
  note.hidden = false;
  note.textContent = "Searching …";
  try {
    const { hits, complete } = await request("find", { words });
    if (mine !== searching || byId("words").value.trim() !== words) return;
    const needles = words.toLowerCase().split(/\s+/);
    const named = rows.filter((row) => needles.every((word) => titleOf(row).toLowerCase().includes(word)));
    note.textContent = `${named.length ? `${counted(named.length, "title")}, ` : ""}${counted(hits.length, "passage")}${complete ? "" : "; the oldest messages were not searched"}`;
    list.replaceChildren(...named.map(rowElement), ...hits.map(hitElement));
    byId("more").hidden = true;
    mark(current);
  } catch (error) {
    if (mine === searching) note.textContent = error.message;
  }
}

function hitElement(hit) {
  const where = hit.title || (rowOf(hit.session_id) ? titleOf(rowOf(hit.session_id)) : hit.session_id);
  const speaker = hit.role === "assistant" ? "Claude" : "You";
  return el("li", { className: "hit" }, el("a", { href: `#${hit.session_id}/${hit.turn}` },
    el("span", { className: "note" }, `${where} · ${moment(hit.last_updated)}`), el("span", { className: "text", dir: "auto" }, `${speaker}: ${hit.text}`)));
}

byId("more").addEventListener("click", () => showMore().catch(complain));
byId("search").addEventListener("submit", (event) => { event.preventDefault(); search(); });
byId("words").addEventListener("input", debounce);
byId("words").addEventListener("keydown", (event) => {
  if (event.key === "Escape") { byId("words").value = ""; draw(); }
});

let typing = 0;
function debounce() {
  clearTimeout(typing);
  typing = setTimeout(search, TYPING);
}

on("changed", () => refresh());
on("deleted", ({ session_id: id }) => forget(id));
setInterval(() => document.visibilityState === "visible" && !list.contains(document.activeElement) && draw(), 60_000);
