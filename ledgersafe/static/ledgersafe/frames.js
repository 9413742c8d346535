// Parts of a page that htmx reads again: what cannot be brought up to date says so, and does not look current.
"use strict";
(() => {
  const frameOf = (event) => event.target.closest?.("[data-ls-frame]");
  const say = (frame, text) => {
    let note = frame.previousElementSibling;
    if (!note?.matches("[data-ls-frame-note]")) {
      note = document.createElement("p");
      note.dataset.lsFrameNote = "";
      note.className = "ls-frame-note";
      note.setAttribute("role", "status");
      frame.before(note);
    }
    note.hidden = !text;
    if (note.textContent !== text) note.textContent = text;
    frame.classList.toggle("ls-stale", Boolean(text));
  };
  document.addEventListener("htmx:beforeSwap", (event) => {
    const frame = frameOf(event);
    if (!frame) return;
    const { xhr } = event.detail;
    // A sign-in page is no part of this one.
    const signedOut = xhr.status === 401 || new URL(xhr.responseURL, location.href).pathname.startsWith("/admin/login/");
    if (signedOut) event.detail.shouldSwap = false;
    const refused = xhr.status >= 400;
    say(frame, signedOut ? "Not up to date: you are signed out." : refused ? "Not up to date: the server refused." : "");
  });
  document.addEventListener("htmx:sendError", (event) => {
    const frame = frameOf(event);
    if (frame) say(frame, "Not up to date: no connection.");
  });
})();
