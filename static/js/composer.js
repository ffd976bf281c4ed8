// The toolbar of a text that is written in Markdown. Whatever another script wants to put into such a text (a picture,
// a quote) it sends there:
//
//   textarea.dispatchEvent(new CustomEvent("composer:insert", { bubbles: true, detail: { text, block: true } }))
//
// It stands then at the cursor, in a paragraph of its own with `block`, and can be undone as if it had been typed.
"use strict";

{
  const INSERTED = "composer:insert";

  // Writes `text` in place of what stands between `start` and `end`, and selects a part of it, counted from its start.
  function put(area, start, end, text, from = text.length, to = from) {
    area.focus();
    area.setSelectionRange(start, end);
    // execCommand is the one way that leaves the step to the browser's own undo.
    const typed = text ? document.execCommand("insertText", false, text) : document.execCommand("delete");
    if (!typed) {
      area.setRangeText(text, start, end, "end");
      area.dispatchEvent(new Event("input", { bubbles: true }));
    }
    area.setSelectionRange(start + from, start + to);
  }

  function putBlock(area, text, from, to) {
    const before = area.value.slice(0, area.selectionStart);
    const after = area.value.slice(area.selectionEnd);
    const above = !before || before.endsWith("\n\n") ? "" : before.endsWith("\n") ? "\n" : "\n\n";
    const below = after.startsWith("\n\n") ? "" : after.startsWith("\n") ? "\n" : "\n\n";
    const whole = above + text + below;
    put(area, area.selectionStart, area.selectionEnd, whole, above.length + (from ?? text.length), above.length + (to ?? from ?? text.length));
  }

  // Puts `mark` on both sides of what is selected, or takes it away where it stands there already.
  function wrap(mark) {
    return (area) => {
      const { selectionStart: start, selectionEnd: end, value } = area;
      const words = value.slice(start, end);
      const size = mark.length;
      const outside = value.slice(start - size, start) === mark && value.slice(end, end + size) === mark;
      // "*" stands within "**" as well, and is another thing there.
      if (start >= size && outside && !(mark === "*" && value.slice(start - 2, start) === "**")) {
        put(area, start - size, end + size, words, 0, words.length);
      } else {
        put(area, start, end, mark + words + mark, size, size + words.length);
      }
    };
  }

  // Begins each selected line with `mark`, or takes it away where all begin so.
  function begin(mark) {
    return (area) => {
      const start = area.value.lastIndexOf("\n", area.selectionStart - 1) + 1;
      const next = area.value.indexOf("\n", area.selectionEnd);
      const end = next < 0 ? area.value.length : next;
      const lines = area.value.slice(start, end).split("\n");
      const marked = lines.every((line) => line.startsWith(mark));
      const text = lines.map((line) => (marked ? line.slice(mark.length) : mark + line)).join("\n");
      // A list or a quote that follows a line of words at once would go on with their paragraph.
      const gap = !marked && start > 1 && area.value[start - 2] !== "\n" ? "\n" : "";
      put(area, start, end, gap + text);
    };
  }

  function code(area) {
    const words = area.value.slice(area.selectionStart, area.selectionEnd);
    if (words.includes("\n")) {
      putBlock(area, `\`\`\`\n${words}\n\`\`\``, 4, 4 + words.length);
    } else {
      wrap("`")(area);
    }
  }

  function link(area) {
    const { selectionStart: start, selectionEnd: end, value } = area;
    const words = value.slice(start, end);
    if (/^https?:\/\/\S+$/.test(words)) {
      put(area, start, end, `[](${words})`, 1);
    } else {
      const address = "https://";
      put(area, start, end, `[${words}](${address})`, words ? words.length + 3 : 1, words ? words.length + 3 + address.length : 1);
    }
  }

  function table(area) {
    const head = `| ${inWords("First")} | ${inWords("Second")} |\n| --- | --- |\n`;
    putBlock(area, `${head}|  |  |`, 2, 2 + inWords("First").length);
  }

  // The mark at the cursor and the note at the end of the text, in one step.
  function footnote(area) {
    const numbers = [...area.value.matchAll(/\[\^(\d{1,4})\]/g)].map((match) => Number(match[1]));
    const mark = `[^${Math.max(0, ...numbers) + 1}]`;
    const rest = area.value.slice(area.selectionEnd).trimEnd();
    const follows = /(^|\n)\[\^[^\]\n]+\]:[^\n]*$/.test(rest);
    put(area, area.selectionEnd, area.value.length, `${mark}${rest}${follows ? "\n" : "\n\n"}${mark}: `);
  }

  const formats = {
    bold: wrap("**"), italic: wrap("*"), link, code, table, footnote,
    quote: begin("> "), list: begin("- "), tasks: begin("- [ ] "),
  };
  const keys = { b: "bold", i: "italic", k: "link" };

  const areaOf = (toolbar) => document.getElementById(toolbar.getAttribute("aria-controls"));
  const toolbarOf = (area) => area.closest(".composing")?.querySelector("[role=toolbar]");

  // One stop of the Tab key for the toolbar; within it the arrow keys lead.
  function stopAt(toolbar, chosen) {
    for (const button of toolbar.querySelectorAll("button")) {
      button.tabIndex = button === chosen ? 0 : -1;
    }
  }

  function show(within) {
    for (const toolbar of within.querySelectorAll(".composing [role=toolbar][hidden]")) {
      toolbar.hidden = false;
      stopAt(toolbar, toolbar.querySelector("button"));
      toolbar.closest(".composing").querySelector(".how-to-write").hidden = true;
    }
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[role=toolbar] [data-format]");
    if (button) {
      const toolbar = button.closest("[role=toolbar]");
      stopAt(toolbar, button);
      formats[button.dataset.format](areaOf(toolbar));
    }
  });

  document.addEventListener("keydown", (event) => {
    const { target, key } = event;
    const toolbar = target.closest("[role=toolbar]");
    if (toolbar) {
      const buttons = [...toolbar.querySelectorAll("button")];
      const at = buttons.indexOf(target);
      const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: -1 }[key];
      if (next !== undefined) {
        event.preventDefault();
        const button = buttons.at(next % buttons.length);
        stopAt(toolbar, button);
        button.focus();
      }
    } else if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && keys[key] && target.matches("textarea") && toolbarOf(target)) {
      event.preventDefault();
      formats[keys[key]](target);
    }
  });

  document.addEventListener(INSERTED, (event) => {
    const { text, block = false, replacing = 0 } = event.detail;
    const area = event.target;
    if (block) {
      putBlock(area, text);
    } else {
      put(area, area.selectionStart - replacing, area.selectionEnd, text);
    }
  });

  show(document);
  document.addEventListener("htmx:load", (event) => show(event.detail.elt.parentElement || document));
}
