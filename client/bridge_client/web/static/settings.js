// The settings of the conversation: of one that is there they are changed in the bridge, of a new one they go along with its first question.

import { ask, byId, el } from "./dom.js";
import { models, save } from "./sessions.js";

const EFFORTS = ["low", "medium", "high", "xhigh", "max"];
const KEPT = [["0", "until I delete it"], ["24", "a day after the last turn"], ["168", "a week after the last turn"], ["720", "30 days after the last turn"]];
const NAMES = ["title", "model", "effort", "system", "scope", "keep_hours"];

let sessionId = "", settings = {};

export const title = () => settings.title ?? "";
/** What a new session begins with. */
export const chosen = () => ({ ...settings });

/** These settings are those of this session; "" for a new one. */
export function use(id, known = {}) {
  sessionId = id;
  settings = Object.fromEntries(NAMES.filter((name) => known[name] !== undefined && known[name] !== null && known[name] !== "").map((name) => [name, known[name]]));
  byId("scope").value = settings.scope ?? "";
}

/** Changes them: an empty value is the bridge's own again. */
async function set(values) {
  const changes = {}, reset = [];
  for (const [name, value] of Object.entries(values)) {
    if (value === (settings[name] ?? "")) continue;
    if (value === "") reset.push(name);
    else changes[name] = value;
  }
  const before = sessionId;
  if (sessionId && (reset.length || Object.keys(changes).length)) await save(sessionId, reset.length ? { ...changes, reset } : changes);
  if (before !== sessionId) return;
  const all = { ...settings, ...changes };
  for (const name of reset) delete all[name];
  use(sessionId, all);
}

function select(id, value, options) {
  const known = options.some(([each]) => each === value) || value === "" ? options : [...options, [value, `${value} hours after the last turn`]];
  const choice = el("select", { id }, ...[["", "as the bridge is set"], ...known].map(([each, words]) => el("option", { value: each }, words)));
  choice.value = value;
  return choice;
}

export function edit() {
  const named = (name) => String(settings[name] ?? "");
  const inputs = {
    title: el("input", { id: "set-title", value: named("title"), maxLength: 200, placeholder: "The beginning of the first question", dir: "auto" }),
    model: el("input", { id: "set-model", value: named("model"), maxLength: 200, placeholder: "as the bridge is set", spellcheck: false }),
    effort: select("set-effort", named("effort"), EFFORTS.map((each) => [each, each])),
    system: el("textarea", { id: "set-system", value: named("system"), maxLength: 4000, rows: 4, dir: "auto" }),
    keep_hours: select("set-keep_hours", named("keep_hours"), KEPT),
  };
  inputs.model.setAttribute("list", "models");
  const labels = { title: "Title", model: "Model", effort: "Effort", system: "Instructions for Claude", keep_hours: "Kept" };
  const body = Object.entries(inputs).flatMap(([name, input]) => [el("label", { htmlFor: input.id }, labels[name]), input]);
  body.push(el("datalist", { id: "models" }, ...models().map((value) => el("option", { value }))));
  return ask({
    title: "Settings of this conversation", ok: "Save", body,
    act: () => set({
      title: inputs.title.value.trim(), model: inputs.model.value.trim(), effort: inputs.effort.value, system: inputs.system.value.trim(),
      keep_hours: inputs.keep_hours.value === "" ? "" : Number(inputs.keep_hours.value),
    }),
  });
}

byId("scope").addEventListener("change", async () => {
  try {
    await set({ scope: byId("scope").value });
  } catch (error) {
    byId("scope").value = settings.scope ?? "";
    ask({ title: "That did not work", body: [el("p", { className: "error" }, error.message)], act: () => {} });
  }
});
