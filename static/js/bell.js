// Keeps the number on the bell fresh, in the page's head and in its title. It asks only while the tab is seen, each
// minute at first and ever more seldom while nothing is new; a tab that comes into sight again asks at once.
"use strict";

(() => {
  const OFTEN = 60, SELDOM = 600; // seconds
  let wait = OFTEN, timer = 0, askedAt = Date.now(), ended = false;

  const bell = () => document.getElementById("bell");

  function showInTitle() {
    const plain = document.title.replace(/^\(\d+\+?\) /, "");
    const count = Number(bell()?.dataset.count || 0);
    document.title = count ? `(${count > 99 ? "99+" : count}) ${plain}` : plain;
  }

  function show(html) {
    const fresh = new DOMParser().parseFromString(html, "text/html").getElementById("bell");
    if (!fresh) return;
    // The link itself stays, so that whoever has the focus on it keeps it.
    bell().replaceChildren(...fresh.childNodes);
    bell().dataset.count = fresh.dataset.count;
    showInTitle();
  }

  async function ask() {
    const old = bell();
    if (!old || ended) return;
    askedAt = Date.now();
    try {
      const headers = { "If-None-Match": `"${old.dataset.count}"`, "X-By-Itself": "1" };
      const answer = await fetch(old.dataset.address, { headers, cache: "no-store", redirect: "error" });
      if (answer.status === 200) {
        show(await answer.text());
        wait = OFTEN;
      } else if (answer.status === 204) {
        ended = true; // signed out in another tab
      } else {
        wait = Math.min(wait * (answer.status === 304 ? 1.5 : 2), SELDOM);
      }
    } catch {
      wait = Math.min(wait * 2, SELDOM);
    }
    plan();
  }

  function plan() {
    clearTimeout(timer);
    if (!document.hidden && !ended) timer = setTimeout(ask, wait * 1000);
  }

  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && Date.now() - askedAt >= OFTEN * 1000) {
      wait = OFTEN;
      ask();
    } else {
      plan();
    }
  });
  showInTitle();
  plan();
})();
