// Quoting: what is selected in a post or comment goes as a quote into the form that answers it, by its "Quote" link or
// by the button that appears beside the selection. With nothing selected the link gives the form with all of it quoted.
"use strict";

{
  const LONGEST = 1500; // characters of a quote

  const FORM = "#comments > .comment-form textarea";

  const placeFor = (comment) => document.getElementById(comment.id.replace("comment-", "reply-"));
  const textOf = (link) => link.closest(".comment, .post").querySelector(".prose");

  // The words that are selected within one text that can be quoted.
  function selected() {
    const selection = getSelection();
    if (!selection.rangeCount || selection.isCollapsed) {
      return null;
    }
    const range = selection.getRangeAt(0);
    const within = range.commonAncestorContainer;
    const prose = (within.nodeType === Node.ELEMENT_NODE ? within : within.parentElement).closest(".prose");
    const link = prose?.closest(".comment, .post")?.querySelector(":scope > :is(.comment__foot, .post__foot) [data-quote], :scope > details > .comment__foot [data-quote]");
    const words = selection.toString().replace(/\u00ad/g, "").replace(/\n{3,}/g, "\n\n").trim();
    return link && words ? { link, words, range } : null;
  }

  function quote({ link, words }) {
    const cut = words.length > LONGEST ? `${words.slice(0, LONGEST).replace(/\s+\S*$/, "")}…` : words;
    // What was plain on the page stays plain.
    const plain = cut.replace(/[\\`*[\]<]/g, "\\$&").replace(/^(\s*)([#>+-]|\d+[.)])/gm, "$1\\$2");
    const lines = plain.split("\n").map((line) => `> ${line}`.trimEnd());
    return `> [${link.dataset.who} wrote](${link.dataset.quote}):\n>\n${lines.join("\n")}`;
  }

  // The form that answers: that of the post stands on the page, that of a comment is brought.
  async function formFor(link) {
    const comment = link.closest(".comment");
    if (!comment) {
      return document.querySelector(FORM);
    }
    const place = placeFor(comment);
    if (!place.querySelector("textarea")) {
      const address = new URL(link.href);
      address.search = "";
      await htmx.ajax("GET", address.pathname, { target: place, swap: "innerHTML" });
    }
    return place.querySelector("textarea");
  }

  async function answer(what) {
    hide();
    const text = quote(what);
    const area = await formFor(what.link);
    if (!area) {
      location.href = what.link.href;
      return;
    }
    getSelection().removeAllRanges();
    area.setSelectionRange(area.value.length, area.value.length);
    area.dispatchEvent(new CustomEvent("composer:insert", { bubbles: true, detail: { text, block: true } }));
    area.setSelectionRange(area.value.length, area.value.length);
    area.scrollIntoView({ block: "nearest" });
  }

  const button = document.createElement("button");
  button.type = "button";
  button.className = "button quote-selection";
  button.textContent = inWords("Quote");
  button.hidden = true;
  document.body.append(button);

  function hide() {
    button.hidden = true;
  }

  function offer() {
    const what = selected();
    if (!what) {
      hide();
      return;
    }
    const { bottom, left } = what.range.getBoundingClientRect();
    button.hidden = false;
    button.style.top = `${bottom + scrollY + 8}px`;
    button.style.left = `${Math.max(8, Math.min(left + scrollX, document.documentElement.clientWidth - button.offsetWidth - 8))}px`;
  }

  let rest = 0;
  document.addEventListener("selectionchange", () => {
    clearTimeout(rest);
    rest = setTimeout(offer, 250);
  });
  // The press must not take the selection away.
  button.addEventListener("pointerdown", (event) => event.preventDefault());
  button.addEventListener("click", () => {
    const what = selected();
    if (what) {
      answer(what);
    }
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-quote]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) {
      return;
    }
    const what = selected();
    const comment = link.closest(".comment");
    const place = comment && placeFor(comment);
    const isOpen = (place || document).querySelector(place ? "textarea" : FORM);
    if (what && what.link === link) {
      answer(what);
    } else if (isOpen) {
      // The form may hold words that the site has not got yet: what is quoted joins them.
      answer({ link, words: textOf(link).innerText.trim() });
    } else if (place) {
      htmx.ajax("GET", link.getAttribute("href"), { target: place, swap: "innerHTML", event });
    } else {
      return;
    }
    event.preventDefault();
  });
}
