// The conversation in the middle: turns, older ones as one scrolls up, and answers while they are written.

import { announce, byId, el, moment, putBlocks } from "./dom.js";
import { on, request } from "./bridge.js";
import { footer } from "./sent.js";

const PAGE = 20, OLDER = 100, NEAR_TOP = 800, NEAR_END = 120, SPOKEN = 2000, COPIED = 1500;

const box = byId("conversation");
const pending = new Map();
/** Questions under way, in every session, by their request id. */
const asked = new Map();

let sessionId = "", more = false, loading = null, generation = 0;
let opened = () => {}, busy = () => {}, edit = () => {};

/** `whenOpened` is called with what is known of the session, `whenBusy` whenever an answer begins or ends, `toEdit` with a question to type again. */
export function begin({ whenOpened, whenBusy, toEdit }) {
  opened = whenOpened;
  busy = whenBusy;
  edit = toEdit;
}

export const underWay = () => [...asked.values()].find((one) => one.session_id === sessionId && !one.error);
export const isAsked = (id) => [...asked.values()].some((one) => one.session_id === id);
const turns = () => box.querySelectorAll("article[data-turn]");

/** Shows a session, "" for a new one; at a turn of it, if that is wanted. */
export async function open(id, turn = "") {
  const mine = ++generation, same = id === sessionId && box.children.length > 0;
  if (!same) {
    sessionId = id;
    more = false;
    pending.clear();
    box.replaceChildren();
    box.setAttribute("aria-busy", "true");
    for (const question of asked.values()) if (question.session_id === id) showQuestion(question);
    toEnd();
    try {
      if (id) await load(mine);
      if (mine !== generation) return;
      if (!box.children.length) welcome();
    } catch (error) {
      if (mine !== generation) return;
      if (error.code === "no_such_session" && pending.size) opened({});
      else problem(error);
    }
    box.removeAttribute("aria-busy");
  }
  if (turn) await goTo(turn, mine);
}

/** What is shown is the beginning of a session that has this id from now on. */
export function adopt(id) {
  generation++;
  sessionId = id;
  more = false;
  box.replaceChildren();
}

async function load(mine) {
  const reply = await request("turns", { session_id: sessionId, limit: PAGE });
  if (mine !== generation) return;
  more = reply.more;
  box.querySelector(".problem")?.remove();
  const first = box.firstChild;
  for (const turn of reply.turns) if (!byTurn(turn.turn)) box.insertBefore(turnElement(turn), first);
  opened(reply);
  toEnd();
}

/** Reads what was said meanwhile, after a pause of the connection or elsewhere. */
export async function catchUp() {
  if (!sessionId || loading) return;
  const mine = generation, newest = [...turns()].at(-1)?.dataset.turn ?? "";
  try {
    const reply = await request("turns", { session_id: sessionId, limit: PAGE });
    if (mine !== generation) return;
    const missing = reply.turns.filter((turn) => turn.turn > newest);
    if (newest && missing.length === reply.turns.length && reply.more) {
      box.replaceChildren();
      pending.clear();
      for (const question of asked.values()) if (question.session_id === sessionId) showQuestion(question);
      return await load(mine);
    }
    const end = box.querySelector("article:not([data-turn])");
    const stay = atEnd();
    for (const turn of missing) if (!byTurn(turn.turn)) box.insertBefore(turnElement(turn), end);
    if (!newest) more = reply.more;
    box.querySelector(".welcome, .problem")?.remove();
    opened(reply);
    if (stay) toEnd();
  } catch (error) {
    if (mine === generation && !pending.size) problem(error);
  }
}

async function older() {
  const first = turns()[0]?.dataset.turn;
  if (!more || loading || !first) return;
  const mine = generation;
  loading = request("turns", { session_id: sessionId, limit: OLDER, before: first });
  try {
    const reply = await loading;
    if (mine !== generation) return;
    more = reply.more && reply.turns.length > 0;
    const from = box.scrollHeight - box.scrollTop;
    box.prepend(...reply.turns.filter((turn) => !byTurn(turn.turn)).map(turnElement));
    box.scrollTop = box.scrollHeight - from;
  } catch {
    // Scrolling tries again.
  } finally {
    loading = null;
  }
}

async function goTo(turn, mine) {
  if (loading) await loading.catch(() => {});
  while (mine === generation && !byTurn(turn) && more) await older();
  const element = byTurn(turn);
  if (!element || mine !== generation) return;
  element.scrollIntoView({ block: "start" });
  element.classList.add("marked");
  element.tabIndex = -1;
  element.focus({ preventScroll: true });
}

const byTurn = (turn) => box.querySelector(`article[data-turn="${CSS.escape(turn)}"]`);

function turnElement(turn) {
  const answer = el("div", { className: "answer" });
  putBlocks(answer, 0, turn.html);
  const end = turn.early_end ? el("p", { className: "note early" }, turn.early_end) : "";
  const time = el("time", { className: "note", title: moment(turn.said_at) }, moment(turn.said_at));
  const article = el("article", {}, userElement(turn.message, time), ...(turn.html.length ? [said("Claude"), answer] : []), end, footer(turn, sessionId));
  article.dataset.turn = turn.turn;
  return article;
}

const said = (who) => el("h2", { className: "hidden" }, `${who}:`);

function userElement(message, time) {
  return el("div", { className: "user" }, said("You"), el("p", { dir: "auto" }, message), time);
}

/** A question on its way; `question` is what the program says of it. */
function showQuestion(question) {
  box.querySelector(".welcome, .problem")?.remove();
  const known = pending.get(question.request_id);
  const answer = el("div", { className: "answer", "aria-busy": "true" });
  const status = el("p", { className: "note status" }, question.status || "Sending …");
  const article = el("article", { className: "pending" }, userElement(question.message, el("time", { className: "note" }, moment(question.said_at))), said("Claude"), answer, status);
  putBlocks(answer, 0, question.html ?? []);
  if (question.html?.length) status.hidden = true;
  if (known) known.article.replaceWith(article);
  else box.append(article);
  pending.set(question.request_id, { article, answer, status });
  if (question.error) showFailure(question);
}

function showFailure(question) {
  const { article, answer, status } = pending.get(question.request_id);
  const { error } = question;
  answer.removeAttribute("aria-busy");
  status.hidden = false;
  const again = el("button", { type: "button" }, error.code === "connection_lost" || error.code === "still_running" ? "Fetch the answer" : "Try again");
  const away = el("button", { type: "button", className: "quiet" }, "Edit");
  again.addEventListener("click", () => request("ask", { ...question, html: undefined }).catch(problem));
  away.addEventListener("click", () => {
    dismiss(question.request_id);
    edit(question.message);
    request("dismiss", { request_id: question.request_id }).catch(() => {});
  });
  status.replaceChildren(el("span", { className: "error" }, error.message), " ", again, " ", away);
  article.classList.add("failed");
}

/** Asks; the question is shown at once, while it is on its way. */
export function send(question) {
  const sent = request("ask", question);
  asked.set(question.request_id, question);
  showQuestion(question);
  toEnd();
  busy();
  sent.catch((error) => {
    question.error = error;
    if (pending.has(question.request_id)) showFailure(question);
    busy();
  });
}

on("asked", (event) => {
  asked.set(event.request_id, event);
  if (event.session_id === sessionId) keepingEnd(() => showQuestion(event));
  busy();
});

on("text", ({ request_id: id, start, html }) => {
  const question = asked.get(id), shown = pending.get(id);
  if (question) question.html = [...(question.html ?? []).slice(0, start), ...html];
  if (!shown) return;
  keepingEnd(() => {
    putBlocks(shown.answer, start, html);
    shown.status.hidden = true;
  });
});

on("status", ({ request_id: id, status }) => {
  if (asked.has(id)) asked.get(id).status = status;
  const shown = pending.get(id);
  if (!shown) return;
  shown.status.textContent = `${status} …`;
  shown.status.hidden = false;
});

on("done", ({ request_id: id, turn }) => {
  asked.delete(id);
  const shown = pending.get(id);
  if (shown) {
    pending.delete(id);
    keepingEnd(() => {
      byTurn(turn.turn)?.remove();
      shown.article.replaceWith(turnElement(turn));
    });
    announce(`Claude: ${byTurn(turn.turn).querySelector(".answer")?.innerText.slice(0, SPOKEN) ?? ""}`);
  }
  busy();
});

on("failed", (event) => {
  const question = asked.get(event.request_id);
  if (!question) return;
  question.error = event.error;
  if (pending.has(event.request_id)) keepingEnd(() => showFailure(question));
  announce(event.error.message);
  busy();
});

on("dismissed", ({ request_id: id }) => dismiss(id));

function dismiss(id) {
  asked.delete(id);
  pending.get(id)?.article.remove();
  pending.delete(id);
  if (!box.children.length) welcome();
}

/** After the connection was away: what is under way now, and what has ended meanwhile. */
export function meet(questions) {
  const known = new Set(questions.map((question) => question.request_id));
  for (const id of [...asked.keys()]) {
    if (known.has(id)) continue;
    asked.delete(id);
    pending.get(id)?.article.remove();
    pending.delete(id);
  }
  for (const question of questions) {
    asked.set(question.request_id, question);
    if (question.session_id === sessionId) keepingEnd(() => showQuestion(question));
  }
  busy();
}

const atEnd = () => box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_END;

function toEnd() {
  box.scrollTop = box.scrollHeight;
}

/** Whoever reads the end stays there. */
function keepingEnd(act) {
  const stay = atEnd();
  act();
  if (stay) toEnd();
}

function welcome() {
  box.replaceChildren(el("div", { className: "welcome" }, el("p", {}, "What you say here is remembered."),
    el("p", { className: "note" }, "Ask something. Older passages that fit are sent along, and you can see which.")));
}

function problem(error) {
  box.querySelector(".problem")?.remove();
  const again = el("button", { type: "button" }, "Try again");
  const shown = el("div", { className: "problem" }, el("p", { className: "error" }, error.message), again);
  again.addEventListener("click", () => { shown.remove(); catchUp(); });
  box.append(shown);
}

box.addEventListener("scroll", () => box.scrollTop < NEAR_TOP && older(), { passive: true });

box.addEventListener("click", async (event) => {
  const button = event.target.closest("button.copy");
  if (!button) return;
  try {
    await navigator.clipboard.writeText(button.closest(".code").querySelector("code").textContent);
    button.textContent = "Copied";
    announce("Copied.");
  } catch {
    button.textContent = "Not allowed";
  }
  setTimeout(() => { button.textContent = "Copy"; }, COPIED);
});
