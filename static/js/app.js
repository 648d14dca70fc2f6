/* What the pages do better with a script. Every page works without it; nothing here holds a rule.
   Hooks: time[data-local], [data-words], [data-characters], [data-filter], [data-lookup],
   form[data-autosave], [data-focus], [data-print], details[data-open-wide]. Words come from data attributes of the page. */
"use strict";

(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const page = document.documentElement;
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  page.classList.add("has-script");

  /* A deadline in UTC, and in the visitor's own zone beside it. */
  const tag = { en: "en-GB", zh: "zh-Hans" }[page.lang] || page.lang;
  const hour = (instant, options = {}) =>
    new Intl.DateTimeFormat(tag, { numberingSystem: "latn", hourCycle: "h23", ...options }).format(instant);
  for (const time of all("time[data-local]")) {
    const instant = new Date(time.dateTime);
    if (Number.isNaN(instant.getTime()) || instant.getTimezoneOffset() === 0) continue;
    const shown = hour(instant, { dateStyle: "long", timeStyle: "short" });
    const own = document.createElement("span");
    own.className = "muted";
    own.textContent = ` (${fill(document.body.dataset.ownTime || "{time}", { time: shown })})`;
    time.append(own);
  }

  /* Words and characters of a text against the most that is taken. */
  /* Counted as vocabulary/words.py counts, so that the page and the server agree. */
  const TWO_A_WORD = /[\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u{20000}-\u{323af}]/gu;
  const FOUR_A_WORD = /[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]/gu;
  const PARTING = /[\p{P}\p{S}\p{Z}\p{C}]/gu;
  const isInside = (sign) => "'’ʼ-‐‑_.@·־״׳".includes(sign) || /\p{Cf}/u.test(sign);
  const words = (text) => {
    const two = (text.match(TWO_A_WORD) || []).length;
    const four = (text.match(FOUR_A_WORD) || []).filter((sign) => !/\p{M}/u.test(sign)).length;
    const spaced = text.replace(TWO_A_WORD, " ").replace(FOUR_A_WORD, " ").replace(PARTING, (sign) => (isInside(sign) ? sign : " "));
    return spaced.split(/\s+/).filter((token) => /[\p{L}\p{N}]/u.test(token)).length + Math.ceil(two / 2) + Math.ceil(four / 4);
  };
  const counting = (field, limit, measure) => {
    const shown = document.getElementById(`${field.id}-count`);
    if (!shown || !shown.dataset.count) return;
    const show = () => {
      const n = measure(field.value);
      shown.textContent = fill(shown.dataset.count, { n, limit });
      shown.classList.toggle("is-over", n > limit);
    };
    let spoken;
    field.addEventListener("input", () => {
      show();
      clearTimeout(spoken);
      shown.removeAttribute("aria-live");
      spoken = setTimeout(() => shown.setAttribute("aria-live", "polite"), 1000);
    });
    show();
  };
  for (const field of all("[data-words]")) counting(field, Number(field.dataset.words), words);
  for (const field of all("[data-characters]"))
    counting(field, Number(field.dataset.characters), (text) => [...text].length);

  /* Search inside a long list of boxes to tick; what is ticked stays in sight. */
  const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  for (const box of all("[data-filter]")) {
    const groups = all("details", document.getElementById(box.dataset.filter));
    const first = groups.map((group) => group.open);
    box.addEventListener("input", () => {
      const wanted = plain(box.value.trim());
      groups.forEach((group, n) => {
        let found = 0;
        for (const choice of all("[data-choice]", group)) {
          const fits = !wanted || choice.querySelector("input").checked || plain(choice.textContent).includes(wanted);
          choice.hidden = !fits;
          found += fits;
        }
        group.hidden = !found;
        group.open = wanted ? found > 0 : first[n];
      });
    });
    box.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
  }

  /* Near-duplicates while typing: the server answers with a piece of a page. */
  for (const field of all("[data-lookup]")) {
    const place = document.getElementById(`${field.id}-lookup`);
    let waiting, asked;
    const look = async () => {
      const text = field.value.trim();
      asked?.abort();
      if (text.length < 3) return place.replaceChildren();
      asked = new AbortController();
      const address = new URL(field.dataset.lookup, location.href);
      address.searchParams.set("q", text.slice(0, 300));
      try {
        const answer = await fetch(address, { headers: { Accept: "text/html", "X-Requested-With": "lookup" }, signal: asked.signal });
        if (answer.ok && !answer.redirected) place.innerHTML = await answer.text();
      } catch { /* offline, or a newer question is on its way */ }
    };
    field.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(look, 400); });
  }

  /* A draft saves itself: on leaving a field and every ten seconds. The answer is JSON:
     {"saved_at": ISO time, "version": number} with 200; anything else keeps the text and says so. */
  for (const form of all("form[data-autosave]")) {
    const state = form.querySelector("[data-autosave-state]") || document.querySelector(`[data-autosave-state="${form.id}"]`);
    let isDirty = false, isSaving = false, isRefused = false, isSending = false, isWaiting = false;
    const mark = () => { form.dataset.saved = isDirty || isSaving ? "no" : "yes"; };
    const say = (text, isFailing = false) => {
      if (!state) return;
      state.textContent = text;
      state.classList.toggle("is-failing", isFailing);
    };
    const body = () => {
      const data = new FormData(form);
      for (const [name, value] of [...data]) if (value instanceof File) data.delete(name);
      return data;
    };
    const save = async () => {
      isWaiting = isDirty && isSaving; /* what changes during a save is saved right after it */
      if (!isDirty || isSaving || isRefused) return;
      isSaving = true;
      isDirty = false;
      let isTaken = false;
      say(state?.dataset.saving || "");
      try {
        const answer = await fetch(form.dataset.autosave, { method: "POST", body: body(), redirect: "manual",
          headers: { Accept: "application/json", "X-Requested-With": "autosave" } });
        if (answer.status >= 500 || answer.status === 429 || answer.status === 0) throw new Error("not taken");
        const told = await answer.json().catch(() => ({}));
        if (answer.ok) {
          isTaken = true;
          for (const field of all('input[name="version"]', form)) field.value = told.version ?? field.value;
          if (told.action && form.getAttribute("action") !== told.action) { /* a new draft: from now on it has an address */
            form.action = form.dataset.autosave = told.action;
            history.replaceState(null, "", told.action);
          }
          const time = hour(new Date(told.saved_at || Date.now()), { hour: "2-digit", minute: "2-digit", timeZoneName: "short" });
          say(told.text || fill(state?.dataset.saved || "{time}", { time }));
          form.dispatchEvent(new CustomEvent("autosaved", { detail: told }));
        } else {
          isDirty = true;
          isRefused = answer.status === 409;
          say(told.text || state?.dataset.refused || "", true);
        }
      } catch {
        isDirty = true;
        say(state?.dataset.failed || "", true);
      }
      isSaving = false;
      mark();
      if (isWaiting && isTaken) save();
    };
    const touch = () => { isDirty = true; mark(); };
    form.addEventListener("input", (event) => { if (event.target.name) touch(); });
    form.addEventListener("change", (event) => { if (event.target.name && event.target.type !== "file") { touch(); save(); } });
    form.addEventListener("submit", (event) => {
      isSending = true;
      if (!isSaving) return; /* wait for the save under way, or this would look like somebody else's change */
      event.preventDefault();
      event.stopImmediatePropagation();
      const { submitter } = event;
      const wait = setInterval(() => { if (!isSaving) { clearInterval(wait); form.requestSubmit(submitter); } }, 50);
    });
    setInterval(save, 10000);
    addEventListener("online", save);
    document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && save());
    addEventListener("beforeunload", (event) => { if (isDirty && !isSending) { say(state?.dataset.unsaved || "", true); event.preventDefault(); } });
  }

  /* Focus goes to the errors or to what was just done; links in the summary open what folds away. */
  const first = document.querySelector("[data-focus]");
  if (first) first.focus({ preventScroll: false });
  const reveal = () => {
    const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    for (let node = target; node; node = node.parentElement) if (node.tagName === "DETAILS") node.open = true;
    if (target.matches("input, select, textarea")) target.focus();
  };
  addEventListener("hashchange", reveal);
  reveal();
  if (matchMedia("(min-width: 48rem)").matches) for (const part of all("details[data-open-wide]")) part.open = true;
  for (const button of all("[data-print]")) button.addEventListener("click", () => print());

  /* A group of the menu closes when it is left, and by Escape. */
  for (const fold of all("details.fold")) {
    fold.addEventListener("focusout", (event) => { if (event.relatedTarget && !fold.contains(event.relatedTarget)) fold.open = false; });
    fold.addEventListener("keydown", (event) => { if (event.key === "Escape" && fold.open) { fold.open = false; fold.querySelector("summary").focus(); } });
    document.addEventListener("click", (event) => { if (!fold.contains(event.target)) fold.open = false; });
  }

  /* A page about work in the background looks again by itself while somebody watches it. */
  if (document.querySelector("[data-again]")) setInterval(() => { if (!document.hidden) location.reload(); }, 4000);

  /* A second press of the same button sends nothing twice. */
  addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    if (event.target.dataset.sent) return event.preventDefault();
    if (event.target.method === "post") event.target.dataset.sent = "1";
  });
  addEventListener("pageshow", () => all("form[data-sent]").forEach((form) => delete form.dataset.sent));
})();
