// Set-up pages: copy a secret, send a form once, and forget the answer that showed a secret.
"use strict";

function select(element) {
  const range = document.createRange();
  range.selectNodeContents(element);
  const selection = window.getSelection();
  selection.removeAllRanges();
  selection.addRange(range);
}

async function copy(button) {
  const source = document.getElementById(button.dataset.suCopy);
  const label = button.querySelector("[data-su-copy-label]");
  try {
    await navigator.clipboard.writeText(source.textContent.trim());
    label.textContent = button.dataset.suCopied;
  } catch {
    // No clipboard over plain HTTP: mark the text, so that Ctrl-C takes it.
    select(source);
    label.textContent = "Selected: press Ctrl-C";
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-su-copy]");
  if (button) {
    copy(button);
  }
});

// A double click must not issue two keys.
document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-su-once]")) {
    return;
  }
  if (event.target.dataset.suSent) {
    event.preventDefault();
  }
  event.target.dataset.suSent = "yes";
});

// A key of one store or register cannot hold what is the whole tenant's. The server refuses it; here it cannot be ticked.
function offer(place) {
  for (const option of place.form.querySelectorAll("[data-su-whole]")) {
    option.classList.toggle("su-unavailable", place.value !== "");
    option.querySelector("input").disabled = place.value !== "";
  }
}

document.addEventListener("change", (event) => {
  if (event.target.matches("select[name=place]")) {
    offer(event.target);
  }
});

// Back from another page the form may be sent again.
window.addEventListener("pageshow", () => {
  document.querySelectorAll("select[name=place]").forEach(offer);
  for (const form of document.querySelectorAll("[data-su-once]")) {
    delete form.dataset.suSent;
  }
});

// Reloading the page that shows a secret must not send the form again, which would issue another key.
document.addEventListener("DOMContentLoaded", () => {
  const secret = document.querySelector("[data-su-leave]");
  if (secret) {
    window.history.replaceState(null, "", secret.dataset.suLeave);
  }
});
