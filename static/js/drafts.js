// Drafts: what could not be kept just now is tried again, in silence; what can't be kept at all is said beside the form.
"use strict";

const again = { 429: 2000, 503: 5000 }; // milliseconds

function notKept(keeper, status) {
  if (status in again || status === 0) {
    setTimeout(() => htmx.trigger(keeper, "keep-again"), again[status] || 10000);
    return;
  }
  keeper.querySelector(".keeper__said").textContent =
    status === 403
      ? inWords("Not kept as a draft: you were signed out. Copy your words before you leave this page.")
      : inWords("Not kept as a draft. Copy your words before you leave this page.");
}

for (const failure of ["htmx:responseError", "htmx:sendError"]) {
  document.body.addEventListener(failure, (event) => {
    if (event.detail.elt.matches(".keeper")) {
      event.stopPropagation();
      notKept(event.detail.elt, failure === "htmx:sendError" ? 0 : event.detail.xhr.status);
    }
  });
}
