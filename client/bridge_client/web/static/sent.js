// What Claude was sent for an answer: a gauge, which opens to show it.

import { counted, dollars, el, moment } from "./dom.js";
import { request } from "./bridge.js";

const PARTS = [
  ["live", "word for word", "turn"],
  ["recalled", "recalled", "passage"],
  ["instructions", "instructions", "instruction"],
  ["summarised", "summary", "turn"],
];

/** The line below an answer: model, tokens, cost, and the gauge if it is known what was sent. */
export function footer(turn, sessionId) {
  const context = turn.context;
  const figures = [turn.model, tokens(turn), cost(turn)].filter(Boolean).join(" · ");
  if (!context) return el("footer", { className: "sent note" }, figures);
  const summary = el("summary", {}, el("span", {}, figures), gauge(context));
  const body = el("div", { className: "passages" });
  const details = el("details", { className: "sent note" }, summary, body);
  details.addEventListener("toggle", async () => {
    if (!details.open) return;
    if (!body.firstChild) await show(body, turn, sessionId);
    details.scrollIntoView({ block: "nearest" });
  });
  return el("footer", {}, details);
}

function tokens({ usage, usage_is_estimate: estimate }) {
  if (!usage) return "";
  const sent = ["input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"].reduce((sum, name) => sum + (usage[name] || 0), 0);
  const n = (count) => count.toLocaleString("en");
  return `${n(sent)} tokens in, ${estimate ? "about " : ""}${n(usage.output_tokens || 0)} out`;
}

function cost({ cost_usd: amount, cost_is_estimate: estimate }) {
  return amount ? `${estimate ? "about " : ""}${dollars(amount)}` : "";
}

const sizeOf = (context, name) => context[name]?.characters || 0;

function gauge(context) {
  const total = PARTS.reduce((sum, [name]) => sum + sizeOf(context, name), 0);
  const words = PARTS.filter(([name]) => sizeOf(context, name))
    .map(([name, label]) => `${label} ${Math.round((100 * sizeOf(context, name)) / total)}%`)
    .join(", ");
  const label = total ? `Sent along: ${words}` : "Sent along: nothing";
  const picture = el("span", { className: "gauge", role: "img", "aria-label": label, title: label });
  for (const [name] of PARTS) {
    if (!sizeOf(context, name)) continue;
    const part = el("span", { className: name });
    part.style.flexGrow = sizeOf(context, name);
    picture.append(part);
  }
  return picture;
}

async function show(body, turn, sessionId) {
  const { context } = turn;
  const rows = PARTS.filter(([name]) => sizeOf(context, name)).map(([name, label, word]) =>
    el("li", { className: name }, `${label}: ${context[name].turns ? `${counted(context[name].turns, name === "recalled" ? "turn" : word)}, ` : ""}${counted(context[name].characters, "character")}`));
  body.append(rows.length ? el("ul", { className: "parts" }, ...rows) : el("p", {}, "Nothing but the question."));
  if (context.complete === false) body.append(el("p", {}, "The oldest turns were not searched."));
  if (!turn.passages?.length) return;
  const list = el("ol", { "aria-label": "Recalled passages", "aria-busy": "true" }, el("li", {}, "Loading …"));
  body.append(list);
  try {
    const { passages } = await request("passages", { session_id: sessionId, passages: turn.passages });
    list.replaceChildren(...passages.map((passage) => shown(passage, sessionId)));
  } catch (error) {
    list.replaceChildren(el("li", { className: "error" }, error.message));
  }
  list.removeAttribute("aria-busy");
}

function shown(passage, sessionId) {
  const speaker = passage.role === "assistant" ? "Claude" : "You";
  const when = moment(passage.last_updated);
  const text = el("blockquote", { dir: "auto" }, passage.text || "(deleted meanwhile)");
  const link = el("a", { href: `#${passage.session_id || sessionId}/${passage.turn}` }, `${speaker}${when ? ` · ${when}` : ""}`);
  return el("li", {}, link, text);
}
