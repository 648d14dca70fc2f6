/* What the scorecard does better with a script: Ctrl+Enter submits, "cannot judge" asks for its reason, and the
   result so far follows what is saved. */
"use strict";

(() => {
  const form = document.querySelector("form[data-scorecard]");
  if (!form) return;
  form.addEventListener("keydown", (event) => {
    const isSubmit = (event.ctrlKey || event.metaKey) && event.key === "Enter";
    const button = form.querySelector('button[name="do"][value="submit"]');
    if (!isSubmit || !button) return;
    event.preventDefault();
    form.requestSubmit(button);
  });
  form.addEventListener("keydown", (event) => {
    /* Enter in a line of text would press the first button; a half scorecard is not submitted by accident. */
    if (event.key === "Enter" && !event.ctrlKey && !event.metaKey && event.target.matches('input[type="text"]'))
      event.preventDefault();
  });
  form.addEventListener("autosaved", (event) => {
    /* Where the call shows it: what the rules make of what is saved now, as the server wrote it. */
    const shown = form.querySelector("[data-running]");
    if (!shown || !event.detail.running) return;
    const fresh = new DOMParser().parseFromString(event.detail.running, "text/html").body;
    if (fresh.textContent.trim() !== shown.textContent.trim()) shown.replaceChildren(...fresh.childNodes);
  });
  form.addEventListener("change", (event) => {
    if (event.target.type !== "radio" || !event.target.name.endsWith(".value")) return;
    const reason = event.target.closest(".card")?.querySelector("details.reason");
    if (reason && event.target.value === "cannot_judge") reason.open = true;
  });
})();
