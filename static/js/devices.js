// The button that lets this browser be told while no page is open. Only a script can ask a browser for that.
"use strict";

(() => {
  const button = document.getElementById("add-device"), said = document.getElementById("device-said");
  if (!button) return;
  if (!("serviceWorker" in navigator) || !("PushManager" in window) || !("Notification" in window)) {
    said.textContent = inWords("This browser can't be told by a page that is not open.");
    return;
  }
  button.hidden = false;
  said.textContent = "";

  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (each) => each.charCodeAt(0));
  const encoded = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

  async function add() {
    if ((await Notification.requestPermission()) !== "granted") {
      return inWords("The browser does not allow it. Its settings for this site can change that.");
    }
    await navigator.serviceWorker.register(button.dataset.worker);
    const registration = await navigator.serviceWorker.ready;
    const subscription = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(button.dataset.key) });
    const form = new FormData(document.getElementById("actions"));
    form.set("endpoint", subscription.endpoint);
    form.set("p256dh", encoded(subscription.getKey("p256dh")));
    form.set("auth", encoded(subscription.getKey("auth")));
    const answer = await fetch(button.dataset.address, { method: "POST", body: form });
    if (answer.ok) {
      location.reload();
      return "";
    }
    return answer.status === 422 ? (await answer.json()).problem : inWords("That did not work. Try again.");
  }

  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      said.textContent = await add();
    } catch {
      said.textContent = inWords("The browser's push service can't be reached. Try again later.");
    }
    button.disabled = false;
  });
})();
