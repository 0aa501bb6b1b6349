// The one connection of this page: requests with their replies, and events. It comes back by itself.

const NOT_OURS = 4403;
const FIRST_WAIT = 250, LONGEST_WAIT = 5000;
const MESSAGE_BYTES = 1_000_000;

const listeners = {};
const waiting = new Map();
let socket = null, isOpen = false, nextId = 1, wait = FIRST_WAIT, timer = 0, ended = false;

/** `act` is called with every event of this name; "open" and "closed" are this page's own. */
export function on(name, act) {
  (listeners[name] ??= []).push(act);
}

function tell(name, event) {
  for (const act of listeners[name] ?? []) act(event);
}

/** The reply to a request, whenever there is a connection. Rejects with the failure's words. */
export function request(action, fields = {}) {
  const id = nextId++, data = JSON.stringify({ id, action, ...fields });
  if (new Blob([data]).size > MESSAGE_BYTES) return Promise.reject(new Error("That is too long to send."));
  return new Promise((resolve, reject) => {
    waiting.set(id, { data, resolve, reject });
    if (isOpen) socket.send(data);
  });
}

export function connect() {
  clearTimeout(timer);
  if (ended || (socket && socket.readyState <= WebSocket.OPEN)) return;
  socket = new WebSocket(`ws://${location.host}/socket`);
  socket.onopen = () => socket.send(JSON.stringify({ secret: localStorage.getItem("secret") ?? "" }));
  socket.onmessage = (message) => receive(JSON.parse(message.data));
  socket.onclose = (event) => {
    if (!isOpen && event.code !== NOT_OURS) askWhy();
    isOpen = false;
    ended ||= event.code === NOT_OURS;
    tell("closed", { ended });
    timer = setTimeout(connect, wait);
    wait = Math.min(wait * 2, LONGEST_WAIT);
  };
}

/** A refused handshake says nothing to a script. A file tells a program that has ended from another one in its place. */
async function askWhy() {
  const answer = await fetch("/icon.svg").catch(() => null);
  if (answer?.status !== 403) return;
  ended = true;
  clearTimeout(timer);
  tell("closed", { ended });
}

function receive(frame) {
  if (frame.event === "hello") {
    isOpen = true;
    wait = FIRST_WAIT;
    tell("open", frame);
    // Whatever was asked for on the connection before is asked for again: each request may be made twice.
    for (const { data } of waiting.values()) socket.send(data);
  } else if (frame.event) {
    tell(frame.event, frame);
  } else if (waiting.has(frame.reply)) {
    const { resolve, reject } = waiting.get(frame.reply);
    waiting.delete(frame.reply);
    if (frame.error) reject(Object.assign(new Error(frame.error.message), frame.error));
    else resolve(frame);
  }
}

// A laptop that wakes up does not wait for the timer.
addEventListener("online", connect);
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && connect());
