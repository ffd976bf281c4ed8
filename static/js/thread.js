// In a thread the keys n and p go to the next and the previous new comment. They work while the focus is inside the
// thread and not in a field, so that nobody who speaks or types letters is carried off.
"use strict";

const thread = document.getElementById("comments");
const start = document.getElementById("to-new");

function fresh() {
  return [...thread.querySelectorAll(".comment--new")];
}

function go(comment) {
  for (let fold = comment.closest("details"); fold; fold = fold.parentElement.closest("details")) {
    fold.open = true;
  }
  comment.tabIndex = -1;
  comment.focus({ preventScroll: true });
  comment.scrollIntoView({ block: "start" });
}

function step(back) {
  const comments = fresh();
  const here = document.activeElement;
  const side = back ? Node.DOCUMENT_POSITION_PRECEDING : Node.DOCUMENT_POSITION_FOLLOWING;
  const inWay = comments.filter((comment) => comment !== here && here.compareDocumentPosition(comment) & side && !(back && comment.contains(here)));
  const next = back ? inWay.at(-1) : inWay[0];
  if (next) {
    go(next);
  }
}

if (thread && start) {
  document.querySelector(".news__keys").hidden = false;
  start.addEventListener("click", (event) => {
    const first = document.getElementById(start.hash.slice(1));
    if (first && first.classList.contains("comment--new") && start.pathname === location.pathname && start.search === location.search) {
      event.preventDefault();
      history.replaceState(null, "", start.hash);
      go(first);
    }
  });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if ((event.key === "n" || event.key === "p") && !typing && thread.contains(event.target) && !event.ctrlKey && !event.metaKey && !event.altKey) {
      step(event.key === "p");
    }
  });
}
