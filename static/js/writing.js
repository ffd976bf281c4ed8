// The composer: a suggested study is put into the text with one press, in a paragraph of its own.
"use strict";

function showInsertButtons(within) {
  for (const button of within.querySelectorAll("[data-insert][hidden]")) {
    button.hidden = false;
  }
}

showInsertButtons(document);
document.addEventListener("htmx:afterSwap", (event) => showInsertButtons(event.detail.target));
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-insert]");
  const text = document.querySelector(".composer textarea[name=body]");
  if (!button || !text) {
    return;
  }
  const before = text.value.slice(0, text.selectionEnd).replace(/\s+$/, "");
  const after = text.value.slice(text.selectionEnd).replace(/^\s+/, "");
  const written = `${before}${before ? "\n\n" : ""}${button.dataset.insert}\n\n`;
  text.value = written + after;
  text.focus();
  text.setSelectionRange(written.length, written.length);
  text.dispatchEvent(new Event("input", { bubbles: true }));
});
