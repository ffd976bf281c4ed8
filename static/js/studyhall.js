// What the pages add to htmx: a sentence when an action could not be done, so that nothing fails in silence, and the
// focus kept where the reader was when a piece of the page is replaced. And menus that close as menus do.
"use strict";

// A sentence in the language of the page: a page that is not English brings them (sentences.de.js) before this.
function inWords(sentence, values = {}) {
  return (window.sentences?.[sentence] ?? sentence).replace(/\{(\w+)\}/g, (mark, name) => values[name] ?? mark);
}

const messages = {
  403: inWords("You may not do that. If you signed in or out in another tab, reload this page and try again."),
  404: inWords("That is not here any more."),
  429: inWords("That was too fast. Wait a little, then try again."),
  503: inWords("The site is busy right now. Your text is still here; try again in a moment."),
};

function tell(sentence) {
  const item = document.createElement("p");
  item.className = "notice notice--error notice--live";
  item.textContent = sentence;
  document.getElementById("live-notices").replaceChildren(item);
}

document.addEventListener("htmx:beforeRequest", () => {
  document.querySelector(".notice--live")?.remove();
});
document.addEventListener("htmx:responseError", (event) => {
  // Signed out, or signed in again in another tab: sent as a whole page, the form comes back with all that was typed.
  if (event.detail.elt.matches("form") && event.detail.xhr.getResponseHeader("X-Send-Whole")) {
    event.detail.elt.submit();
    return;
  }
  tell(messages[event.detail.xhr.status] || inWords("That did not work. Nothing you typed is lost; try again."));
});
document.addEventListener("htmx:sendError", () => {
  tell(inWords("The site can't be reached. Nothing you typed is lost; try again."));
});

// The focus goes into what a link brought (a form to reply), and onto what took the place of the thing pressed.
const focusable = "a[href], button:enabled, textarea, select, input:not([type=hidden])";
let focusMoves = false;

document.addEventListener("htmx:beforeSwap", (event) => {
  const { requestConfig, shouldSwap, target } = event.detail;
  // What a page asks for by itself (progress, every second) leaves the reader where they are.
  focusMoves = shouldSwap && Boolean(requestConfig.triggeringEvent) && (requestConfig.verb === "get" || target.contains(requestConfig.elt));
});
document.addEventListener("htmx:load", (event) => {
  // Where one of several is chosen, that one: the focus stays on what was pressed. In a form, its text.
  const first = focusMoves && ["a[aria-current]", "textarea", focusable].map((kind) => event.detail.elt.querySelector(kind)).find(Boolean);
  if (first) {
    focusMoves = false;
    first.focus();
  }
});

// A menu closes with Escape, which gives the focus back, and with a press beside it.
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.querySelector(".menu[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll(".menu[open]")) {
    menu.open = menu.contains(event.target);
  }
});
