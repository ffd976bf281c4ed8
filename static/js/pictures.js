// Pictures in a text: picked with the button, pasted or dropped, each with words for what it shows, put where the cursor is.
// Without this the button leads to a page that takes them.
"use strict";

{
  const mostBytes = 10_000_000;
  const sentences = {
    0: inWords("The site can't be reached. Your picture and your text are still here; try again."),
    403: inWords("Not sent: you may have been signed out. Copy your text before you leave this page."),
    413: inWords("The file is larger than 10 MB. Make the picture smaller and try again."),
    429: inWords("You have sent many pictures in a short time. Wait a little, then try again."),
    503: inWords("The site is busy right now. Try again in a moment."),
  };
  let panels = 0;

  // A text takes pictures where its form has the button for them.
  const buttonOf = (element) => element.closest("form")?.querySelector("[data-picture-button]");
  const textOf = (button) => button.closest("form").querySelector("textarea[name=body]");

  // The composer puts it there, so that it can be undone as if it had been typed.
  function putIn(text, words, at) {
    text.setSelectionRange(at, at);
    text.dispatchEvent(new CustomEvent("composer:insert", { bubbles: true, detail: { text: words, block: true } }));
  }

  function ask(button, file) {
    const text = textOf(button);
    const at = text.selectionEnd;
    const panel = button.parentElement.querySelector("template").content.firstElementChild.cloneNode(true);
    const find = (selector) => panel.querySelector(selector);
    const alt = find("input");
    const progress = find("progress");
    const said = find("[data-said]");
    let request = null;

    function say(words, isWrong) {
      said.textContent = words;
      said.toggleAttribute("data-wrong", Boolean(isWrong));
      alt.toggleAttribute("aria-invalid", Boolean(isWrong) && !alt.value.trim());
    }
    function close() {
      request?.abort();
      panel.remove();
      text.focus();
    }
    function failed(words) {
      request = null;
      progress.hidden = true;
      find("[data-put]").disabled = false;
      say(words, true);
    }
    function finished() {
      let answer = {};
      try {
        answer = JSON.parse(request.responseText);
      } catch {
        // A page of the site itself, which the status tells enough of.
      }
      if (request.status === 201 && answer.markdown) {
        panel.remove();
        putIn(text, answer.markdown, Math.min(at, text.value.length));
      } else {
        // A guest's request ends at the sign-in page, with 200.
        failed(answer.error || sentences[request.status === 200 ? 403 : request.status] || inWords("That did not work. Try again."));
      }
    }
    function send() {
      if (request) {
        return;
      }
      if (!alt.value.trim()) {
        say(inWords("Say in a few words what the picture shows, for those who can't see it."), true);
        alt.focus();
        return;
      }
      const form = new FormData();
      form.append("csrfmiddlewaretoken", button.form.elements.csrfmiddlewaretoken.value);
      form.append("alt", alt.value);
      form.append("file", file);
      request = new XMLHttpRequest();
      request.open("POST", button.dataset.pictureButton);
      request.setRequestHeader("Accept", "application/json");
      request.upload.addEventListener("progress", (event) => {
        progress.value = (event.loaded / event.total) * 100;
        if (event.loaded === event.total) {
          say(inWords("Sent. The picture is being prepared …"));
        }
      });
      request.addEventListener("load", finished);
      request.addEventListener("error", () => failed(sentences[0]));
      progress.hidden = false;
      find("[data-put]").disabled = true;
      say(inWords("Sending …"));
      request.send(form);
    }

    panels += 1;
    alt.id = `picture-alt-${panels}`;
    find(".field__help").id = `picture-help-${panels}`;
    alt.setAttribute("aria-describedby", `picture-help-${panels}`);
    find("[data-name]").textContent = `${file.name || inWords("Picture")}, ${Math.max(1, Math.round(file.size / 1000)).toLocaleString(document.documentElement.lang)} kB`;
    find("[data-put]").addEventListener("click", send);
    find("[data-cancel]").addEventListener("click", close);
    panel.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.target === alt) {
        event.preventDefault(); // the form around it is not what is meant
        send();
      } else if (event.key === "Escape") {
        close();
      }
    });
    // What is typed here is no change of the text's draft.
    panel.addEventListener("input", (event) => event.stopPropagation());
    text.closest(".field").after(panel);
    if (file.size > mostBytes) {
      say(sentences[413], true);
      find("[data-put]").remove();
      find("[data-cancel]").focus();
    } else {
      alt.focus();
    }
  }

  function askAll(button, files) {
    for (const file of [...files].slice(0, 10)) {
      ask(button, file);
    }
  }

  const filesIn = (transfer) => [...(transfer?.files || [])].filter((file) => file.type.startsWith("image/"));

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-picture-button]");
    if (!button || !textOf(button)) {
      return;
    }
    event.preventDefault();
    const picker = document.createElement("input");
    picker.type = "file";
    picker.accept = "image/png,image/jpeg,image/gif,image/webp";
    picker.multiple = true;
    picker.addEventListener("change", () => askAll(button, picker.files));
    picker.click();
  });
  document.addEventListener("paste", (event) => {
    const button = event.target.matches?.("textarea[name=body]") && buttonOf(event.target);
    const files = button ? filesIn(event.clipboardData) : [];
    if (files.length) {
      event.preventDefault();
      askAll(button, files);
    }
  });
  document.addEventListener("dragover", (event) => {
    if (event.target.matches?.("textarea[name=body]") && buttonOf(event.target) && event.dataTransfer?.types.includes("Files")) {
      event.preventDefault();
      event.target.dataset.drop = "";
    }
  });
  document.addEventListener("dragleave", (event) => {
    delete event.target.dataset?.drop;
  });
  document.addEventListener("drop", (event) => {
    const button = event.target.matches?.("textarea[name=body]") && buttonOf(event.target);
    delete event.target.dataset?.drop;
    if (button && event.dataTransfer?.files.length) {
      event.preventDefault();
      const files = filesIn(event.dataTransfer);
      askAll(button, files.length ? files : event.dataTransfer.files);
    }
  });
}
