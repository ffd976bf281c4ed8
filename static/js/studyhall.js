// What the pages add to htmx: a sentence when an action could not be done, so that nothing fails in silence.
"use strict";

const messages = {
  403: "You may not do that.",
  404: "That is not here any more.",
  409: "Somebody changed this in the meantime. Reload the page to see it.",
  429: "That was too fast. Wait a little, then try again.",
  503: "The site is busy right now. Your text is still here; try again in a moment.",
};

function tell(sentence) {
  const region = document.getElementById("live-notices");
  const item = document.createElement("li");
  item.className = "notice notice--error";
  item.textContent = sentence;
  region.replaceChildren(item);
}

document.addEventListener("htmx:responseError", (event) => {
  tell(messages[event.detail.xhr.status] || "That did not work. Nothing you typed is lost; try again.");
});
document.addEventListener("htmx:sendError", () => {
  tell("The site can't be reached. Nothing you typed is lost; try again.");
});
