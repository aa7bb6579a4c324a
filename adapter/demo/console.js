// Puts what the server says has changed in its place. Without this script the page's links and forms do the same.
"use strict";

const parts = ["prison", "visits", "mails"];
const shown = {};

function take(event) {
  const news = JSON.parse(event.data);
  for (const part of parts) {
    const place = document.getElementById(part);
    // A part that has the focus waits for a change of its own, and gets the focus back to the same link or button.
    if (place === null || news[part] === undefined || news[part] === shown[part]) continue;
    const focused = place.contains(document.activeElement) ? document.activeElement : null;
    const name = focused === null ? "" : focused.textContent;
    place.innerHTML = news[part];
    shown[part] = news[part];
    if (focused !== null) {
      const again = Array.from(place.querySelectorAll("a, button")).find((one) => one.textContent === name);
      (again || place).focus();
    }
  }
  const said = document.getElementById("said");
  if (said !== null && news.said !== undefined && said.textContent !== news.said) said.textContent = news.said;
}

if (document.getElementById("visits") !== null) {
  document.documentElement.classList.add("live");
  new EventSource("/demo/events").addEventListener("message", take);
}
