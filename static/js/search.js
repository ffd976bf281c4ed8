// The search box suggests as one types: a combobox with a list, by the keys that everybody knows. Without this, the box
// is a plain field, and the page of search explains its operators.
"use strict";

{
  const box = document.getElementById("site-search");
  const list = document.createElement("ul");
  let waiting = 0;
  let asked = null; // the request on its way
  let active = null; // the option that the arrows are on

  const options = () => [...list.querySelectorAll("[role=option]")];

  function choose(option) {
    active?.setAttribute("aria-selected", "false");
    active = option || null;
    if (active) {
      active.setAttribute("aria-selected", "true");
      active.scrollIntoView({ block: "nearest" });
      box.setAttribute("aria-activedescendant", active.id);
    } else {
      box.removeAttribute("aria-activedescendant");
    }
  }

  function close() {
    asked?.abort();
    clearTimeout(waiting);
    choose(null);
    list.hidden = true;
    box.setAttribute("aria-expanded", "false");
  }

  async function ask() {
    asked?.abort();
    asked = new AbortController();
    try {
      const answer = await fetch(`/search/suggestions/?q=${encodeURIComponent(box.value.slice(-300))}`, { signal: asked.signal });
      const page = answer.status === 200 ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
      choose(null);
      list.replaceChildren(...(page ? page.querySelectorAll("[role=option]") : []));
      list.hidden = !list.children.length || document.activeElement !== box;
      box.setAttribute("aria-expanded", String(!list.hidden));
    } catch (error) {
      if (error.name !== "AbortError") {
        close();
      }
    }
  }

  function take(option) {
    if (option.dataset.url) {
      location.assign(option.dataset.url);
      return;
    }
    const fill = option.dataset.fill;
    box.value = box.value.replace(/-?(?:[a-z]{2,20}:)?(?:"[^"]*|[^\s"]*)$/i, "") + fill + (fill.endsWith(":") ? "" : " ");
    box.focus();
    ask();
  }

  function begin() {
    clearTimeout(waiting);
    waiting = setTimeout(ask, 180);
  }

  if (box) {
    list.id = "search-suggestions";
    list.className = "search-options";
    list.hidden = true;
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", inWords("Suggestions"));
    box.type = "text"; // a search field can't be a combobox; the keyboard of a phone stays the one for searching
    box.inputMode = "search";
    box.autocomplete = "off";
    for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-expanded", "false"], ["aria-controls", list.id]]) {
      box.setAttribute(name, value);
    }
    box.after(list);
    box.addEventListener("input", begin);
    box.addEventListener("click", () => list.hidden && begin());
    box.addEventListener("blur", close);
    box.addEventListener("keydown", (event) => {
      const all = list.hidden ? [] : options();
      const at = all.indexOf(active);
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (list.hidden) {
          ask();
        } else {
          const step = event.key === "ArrowDown" ? 1 : -1;
          // One step beyond either end is the box itself.
          const next = at + step;
          choose(at === -1 && step === -1 ? all.at(-1) : all[next]);
        }
      } else if (event.key === "Escape" && !list.hidden) {
        event.preventDefault();
        close();
      } else if (event.key === "Enter" && active) {
        event.preventDefault();
        take(active);
      }
    });
    // Before the box loses the focus, which would close the list.
    list.addEventListener("mousedown", (event) => event.preventDefault());
    list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) {
        take(option);
      }
    });
  }
}
