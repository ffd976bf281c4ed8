// A button beside every text that is there to be copied. Without this the text can be selected.
"use strict";

function addButtons(root) {
  for (const text of root.querySelectorAll("[data-copy]:not([data-copy=''])")) {
    const button = document.createElement("button");
    const label = text.dataset.copy;
    button.type = "button";
    button.className = "button";
    button.textContent = label;
    button.setAttribute("aria-live", "polite");
    button.addEventListener("click", async () => {
      try {
        const html = new Blob([text.innerHTML], { type: "text/html" });
        const plain = new Blob([text.textContent], { type: "text/plain" });
        await navigator.clipboard.write([new ClipboardItem({ "text/html": html, "text/plain": plain })]);
        button.textContent = inWords("Copied");
      } catch {
        getSelection().selectAllChildren(text);
        button.textContent = inWords("Selected: press Ctrl or ⌘ and C");
      }
      setTimeout(() => { button.textContent = label; }, 4000);
    });
    text.dataset.copy = "";
    text.after(button);
  }
}

document.addEventListener("DOMContentLoaded", () => addButtons(document));
document.addEventListener("htmx:load", (event) => addButtons(event.detail.elt.parentElement || document));
