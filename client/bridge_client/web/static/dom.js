// Elements, and the few ways in which figures and times are written.

export const byId = (id) => document.getElementById(id);

/** An element: its properties, then what is in it. Text is only ever text. */
export function el(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes("-") || name === "role") element.setAttribute(name, value);
    else if (value !== undefined) element[name] = value;
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

/** Puts blocks of HTML, which this origin's program has made harmless, in place of all children from `start` on. */
export function putBlocks(container, start, html) {
  while (container.children.length > start) container.lastElementChild.remove();
  const template = document.createElement("template");
  template.innerHTML = html.join("");
  container.append(template.content);
}

const UNITS = [["year", 31536000], ["day", 86400], ["hour", 3600], ["minute", 60]];
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "short" });

/** "5 min. ago", "in 3 days"; `seconds` since the epoch. */
export function ago(seconds) {
  if (!seconds) return "";
  const difference = seconds - Date.now() / 1000;
  for (const [unit, length] of UNITS) {
    const count = difference < 0 ? Math.ceil(difference / length) : Math.floor(difference / length);
    if (Math.abs(difference) >= (unit === "day" ? 2 : 1) * length) return relative.format(count, unit);
  }
  return difference > 0 ? "in a minute" : "now";
}

export function expiry(seconds) {
  return seconds ? `expires ${ago(seconds)}` : "kept";
}

const today = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const before = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const longBefore = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

export function moment(seconds) {
  if (!seconds) return "";
  const date = new Date(seconds * 1000), now = new Date();
  if (date.toDateString() === now.toDateString()) return today.format(date);
  return (date.getFullYear() === now.getFullYear() ? before : longBefore).format(date);
}

export function dollars(amount) {
  if (amount === null || amount === undefined) return "";
  if (!amount) return "$0";
  return amount >= 1 ? `$${amount.toFixed(2)}` : amount >= 0.0001 ? `$${amount.toFixed(4)}` : "<$0.0001";
}

export const counted = (count, word) => `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;

/** Says something to those who listen to the page. */
export function announce(words) {
  byId("announce").textContent = words;
}

const dialog = byId("dialog");
byId("dialog-cancel").addEventListener("click", () => dialog.close(""));

/** Asks for something in a dialog. `act` does it when the person agrees; a failure is shown there. Resolves to whether it was done. */
export function ask({ title, body = [], ok = "OK", danger = false, act }) {
  byId("dialog-title").textContent = title;
  byId("dialog-body").replaceChildren(...body);
  byId("dialog-ok").textContent = ok;
  byId("dialog-ok").classList.toggle("danger", danger);
  byId("dialog-error").hidden = true;
  dialog.returnValue = "";
  dialog.showModal();
  const first = dialog.querySelector("#dialog-body :is(input, textarea, select)") ?? byId("dialog-cancel");
  first.focus();
  if (first.tagName === "INPUT") first.select();
  return new Promise((resolve) => {
    const form = dialog.querySelector("form");
    form.onsubmit = async (event) => {
      event.preventDefault();
      byId("dialog-ok").disabled = true;
      try {
        await act();
        dialog.close("ok");
      } catch (error) {
        byId("dialog-error").textContent = error.message;
        byId("dialog-error").hidden = false;
      } finally {
        byId("dialog-ok").disabled = false;
      }
    };
    dialog.onclose = () => resolve(dialog.returnValue === "ok");
  });
}
