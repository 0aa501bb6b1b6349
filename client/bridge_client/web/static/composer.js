// The message box. What is typed stays until it is sent, over a reload, too.

import { byId } from "./dom.js";
import { request } from "./bridge.js";
import { send, underWay } from "./conversation.js";

const box = byId("message");
let sessionId = "", asking = () => ({});

/** `prepare` returns the session and the options of the next question. */
export function begin(prepare) {
  asking = prepare;
}

export function turnTo(id) {
  sessionId = id;
  box.value = sessionStorage.getItem(`draft ${id}`) ?? "";
  fit();
}

/** Shows that an answer is being made, or not. */
export function showBusy() {
  const busy = Boolean(underWay());
  const focused = document.activeElement === byId("stop") || document.activeElement === byId("send");
  byId("stop").hidden = !busy;
  byId("send").hidden = busy;
  if (focused) box.focus();
}

function fit() {
  box.style.height = "auto";
  box.style.height = `${Math.min(box.scrollHeight + 2, innerHeight * 0.4)}px`;
}

/** Puts a question that failed back where it can be typed on. */
export function edit(message) {
  box.value = box.value ? `${box.value}\n\n${message}` : message;
  sessionStorage.setItem(`draft ${sessionId}`, box.value);
  fit();
  box.focus();
}

export const uuid = () => crypto.randomUUID();

function submit() {
  const message = box.value;
  if (!message.trim() || underWay()) return;
  sessionStorage.removeItem(`draft ${sessionId}`);
  box.value = "";
  send({ message, request_id: uuid(), said_at: Date.now() / 1000, ...asking() });
  fit();
  box.focus();
}

function stop() {
  const question = underWay();
  if (question) request("stop", { request_id: question.request_id });
}

box.addEventListener("input", () => {
  sessionStorage.setItem(`draft ${sessionId}`, box.value);
  fit();
});
box.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    submit();
  } else if (event.key === "Escape") {
    stop();
  }
});
byId("composer").addEventListener("submit", (event) => { event.preventDefault(); submit(); });
byId("stop").addEventListener("click", stop);
