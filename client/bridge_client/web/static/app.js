// The page as a whole. The address says which conversation is shown: #session, or #session/turn.

import { byId, counted, dollars, expiry } from "./dom.js";
import { connect, on } from "./bridge.js";
import * as composer from "./composer.js";
import * as conversation from "./conversation.js";
import * as sessions from "./sessions.js";
import * as settings from "./settings.js";

const AWAY = 1000;

let sessionId = null, known = {}, standIn = false, away = 0, trouble = "";

function address() {
  // Ids have no character that an address would write in another way.
  const [id, turn = ""] = location.hash.slice(1).split("/");
  return { id, turn };
}

/** Shows what the address says. */
async function show() {
  const { id, turn } = address();
  if (id !== sessionId) {
    sessionId = id;
    known = {};
    settings.use(id);
    composer.turnTo(id);
    sessions.mark(id);
    showHead();
  }
  closeSide();
  const opening = conversation.open(id, turn);
  composer.showBusy();
  await opening;
}

function showHead() {
  const row = sessions.rowOf(sessionId) ?? known;
  const title = settings.title() || row.title || (sessionId ? sessionId : "New conversation");
  byId("title").textContent = title;
  document.title = sessionId ? `${title} · Claude` : "Claude";
  byId("facts").textContent = [
    standIn ? "a stand-in answers, not Claude" : "",
    row.turns ? counted(row.turns, "turn") : "",
    row.cost_usd ? dollars(row.cost_usd) : "",
    row.expires_at !== undefined ? expiry(row.expires_at) : "",
  ].filter(Boolean).join(" · ");
}

/** The session of the next question: this one, or a new one, whose address it then is. */
function nextQuestion() {
  if (sessionId) return { session_id: sessionId };
  const id = `chat-${composer.uuid().replaceAll("-", "").slice(0, 12)}`;
  const begun = settings.chosen();
  sessionId = id;
  settings.use(id, begun);
  composer.turnTo(id);
  history.pushState(null, "", `#${id}`);
  conversation.adopt(id);
  sessions.mark(id);
  return { session_id: id, options: { must: "be_new", settings: begun } };
}

function banner(words) {
  byId("banner").textContent = words;
  byId("banner").hidden = !words;
}

function openSide() {
  byId("side").classList.add("open");
  byId("open-side").setAttribute("aria-expanded", "true");
  byId("close-side").focus();
}

function closeSide() {
  byId("side").classList.remove("open");
  byId("open-side").setAttribute("aria-expanded", "false");
}

function startAnew() {
  location.hash = "";
  history.replaceState(null, "", "/");
  show();
  byId("message").focus();
}

conversation.begin({
  whenOpened: (reply) => {
    known = { expires_at: reply.expires_at };
    if (reply.settings) settings.use(sessionId, reply.settings);
    showHead();
  },
  whenBusy: composer.showBusy,
  toEdit: composer.edit,
});
composer.begin(nextQuestion);
sessions.whenListed(showHead);

on("open", (hello) => {
  clearTimeout(away);
  standIn = hello.stand_in;
  banner(trouble);
  conversation.meet(hello.questions);
  sessions.refresh(0);
  if (sessionId === null) show();
  else conversation.catchUp();
});
on("closed", ({ ended }) => {
  clearTimeout(away);
  if (ended) banner("The program that served this page has ended. Open the link that `ask-claude web` prints.");
  else away = setTimeout(() => banner("The page has lost its program and tries again. Is `ask-claude web` still running?"), AWAY);
});
on("bridge", (event) => {
  standIn = event.stand_in;
  trouble = "";
  banner("");
  conversation.meet(event.questions);
  showHead();
});
on("trouble", ({ error }) => {
  trouble = error.message;
  banner(trouble);
});
on("deleted", ({ session_id: id }) => id === sessionId && startAnew());
on("changed", ({ session_id: id }) => id === sessionId && conversation.catchUp());

byId("new").addEventListener("click", startAnew);
byId("settings").addEventListener("click", async () => (await settings.edit()) && showHead());
byId("open-side").addEventListener("click", openSide);
byId("close-side").addEventListener("click", () => { closeSide(); byId("open-side").focus(); });
byId("side").addEventListener("keydown", (event) => event.key === "Escape" && byId("side").classList.contains("open") && (closeSide(), byId("open-side").focus()));
addEventListener("hashchange", show);
addEventListener("popstate", show);
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState !== "visible" || sessionId === null) return;
  sessions.refresh(0);
  conversation.catchUp();
});

connect();
