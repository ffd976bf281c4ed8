// Suggestions at "@name" and "#tag" while a text is written: a list at the cursor, led by the arrow keys, taken with
// Enter or Tab, closed with Escape. The focus never leaves the text; "aria-activedescendant" says what is chosen.
"use strict";

{
  const TYPED = /(?:^|[^\w@#/.&+=-])([@#])([\p{L}\p{N}_-]{1,40})$/u;
  const PAUSE = 150; // milliseconds of rest before the site is asked
  const kinds = { "@": "member", "#": "tag" };

  let open = null; // { area, list, typed } while a list is shown
  let waiting = 0;
  let asked = 0;

  function typedAt(area) {
    if (area.selectionStart !== area.selectionEnd) {
      return null;
    }
    const found = TYPED.exec(area.value.slice(Math.max(0, area.selectionEnd - 60), area.selectionEnd));
    return found && { sign: found[1], word: found[2] };
  }

  function listOf(area) {
    const composing = area.closest(".composing");
    let list = composing.querySelector(".suggested");
    if (!list) {
      list = document.createElement("ul");
      list.id = `${area.id}-suggested`;
      list.className = "suggested";
      list.setAttribute("role", "listbox");
      list.hidden = true;
      const said = document.createElement("div");
      said.className = "visually-hidden";
      said.setAttribute("role", "status");
      area.after(list, said);
      area.setAttribute("aria-autocomplete", "list");
      area.setAttribute("aria-haspopup", "listbox");
      list.said = said;
    }
    return list;
  }

  function close() {
    clearTimeout(waiting);
    asked += 1;
    if (open) {
      open.list.hidden = true;
      open.list.replaceChildren();
      open.list.said.textContent = "";
      open.area.removeAttribute("aria-activedescendant");
      open.area.removeAttribute("aria-controls");
      open = null;
    }
  }

  function choose(option) {
    for (const each of open.list.children) {
      each.setAttribute("aria-selected", String(each === option));
    }
    open.area.setAttribute("aria-activedescendant", option.id);
  }

  function take(option) {
    const { area, typed } = open;
    const replacing = typed.word.length + 1;
    close();
    area.dispatchEvent(new CustomEvent("composer:insert", { bubbles: true, detail: { text: `${option.textContent} `, replacing } }));
  }

  // Where the cursor stands within its text: a copy of the text up to there, laid out alike, tells.
  function placeOf(area) {
    const copy = document.createElement("div");
    const style = getComputedStyle(area);
    for (const name of ["font", "lineHeight", "letterSpacing", "paddingTop", "paddingLeft", "paddingRight", "borderWidth", "boxSizing"]) {
      copy.style[name] = style[name];
    }
    Object.assign(copy.style, { position: "absolute", visibility: "hidden", whiteSpace: "pre-wrap", overflowWrap: "break-word", width: `${area.clientWidth}px` });
    copy.textContent = area.value.slice(0, area.selectionEnd);
    const mark = document.createElement("span");
    mark.textContent = "|";
    copy.append(mark);
    document.body.append(copy);
    const place = { x: mark.offsetLeft, y: mark.offsetTop + mark.offsetHeight - area.scrollTop };
    copy.remove();
    return place;
  }

  function show(area, typed, names) {
    close();
    if (!names.length) {
      return;
    }
    const list = listOf(area);
    open = { area, list, typed };
    list.setAttribute("aria-label", typed.sign === "@" ? inWords("Members") : inWords("Tags"));
    list.replaceChildren(...names.map((name, index) => {
      const option = document.createElement("li");
      option.id = `${list.id}-${index}`;
      option.className = "suggested__item";
      option.setAttribute("role", "option");
      option.textContent = typed.sign + name;
      return option;
    }));
    list.hidden = false;
    const { x, y } = placeOf(area);
    list.style.top = `${area.offsetTop + Math.min(y, area.clientHeight)}px`;
    list.style.left = `${Math.max(0, Math.min(x, area.offsetWidth - list.offsetWidth))}px`;
    area.setAttribute("aria-controls", list.id);
    choose(list.firstElementChild);
    list.said.textContent = names.length > 1
      ? inWords("{count} suggestions. Arrow keys to choose, Enter to take, Escape to go on.", { count: names.length })
      : inWords("1 suggestion. Arrow keys to choose, Enter to take, Escape to go on.");
  }

  async function ask(area, typed) {
    const mine = (asked += 1);
    const address = new URL(area.closest("[data-suggest]").dataset.suggest, location.href);
    address.search = new URLSearchParams({ kind: kinds[typed.sign], q: typed.word });
    try {
      const answer = await fetch(address, { headers: { Accept: "application/json" } });
      if (answer.status !== 200 || answer.redirected) {
        return;
      }
      const { suggested } = await answer.json();
      const now = typedAt(area);
      if (mine === asked && document.activeElement === area && now && now.word === typed.word) {
        show(area, typed, suggested);
      }
    } catch {
      // It is a help: where it fails, one writes on without it.
    }
  }

  document.addEventListener("input", (event) => {
    const area = event.target;
    if (!area.matches("[data-suggest] textarea")) {
      return;
    }
    const typed = typedAt(area);
    close();
    if (typed) {
      waiting = setTimeout(ask, PAUSE, area, typed);
    }
  });

  document.addEventListener("keydown", (event) => {
    if (!open || event.target !== open.area || event.isComposing) {
      return;
    }
    const options = [...open.list.children];
    const at = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      choose(options.at((at + (event.key === "ArrowDown" ? 1 : -1)) % options.length));
    } else if ((event.key === "Enter" || event.key === "Tab") && !event.shiftKey && !event.ctrlKey && !event.metaKey) {
      take(options[at]);
    } else if (event.key === "Escape") {
      close();
    } else {
      return;
    }
    event.preventDefault();
  });

  // Pressed, not clicked: the text keeps the focus, and the phone its keyboard.
  document.addEventListener("pointerdown", (event) => {
    const option = event.target.closest(".suggested__item");
    if (option && open) {
      event.preventDefault();
      take(option);
    } else if (!event.target.closest(".composing textarea")) {
      close();
    }
  });
  document.addEventListener("focusout", (event) => {
    if (open && event.target === open.area) {
      close();
    }
  });

  // The list stands where the caret was; a phone's keyboard changes the height alone.
  let width = window.innerWidth;
  window.addEventListener("resize", () => {
    if (window.innerWidth !== width) {
      width = window.innerWidth;
      close();
    }
  });
}
