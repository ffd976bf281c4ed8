// Shows what the site tells a member while no page of it is open, and leads there when it is pressed.
"use strict";

self.addEventListener("push", (event) => {
  let message;
  try {
    message = event.data.json();
  } catch {
    return;
  }
  const { title, body, url, tag } = message;
  event.waitUntil(self.registration.showNotification(title, { body, tag, data: { url } }));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const url = new URL(event.notification.data?.url || "/notifications/", self.location.origin);
  // Only ever an address of this site.
  if (url.origin === self.location.origin) event.waitUntil(self.clients.openWindow(url.href));
});
