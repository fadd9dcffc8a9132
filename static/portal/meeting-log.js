/* Logging a meeting: saves each piece while it is typed, keeps on the device what is not saved yet, and takes keys.

   A piece is an element with data-piece, the name under which the server knows its row; its fields' names begin with
   it. What is typed stays in localStorage until the server has confirmed it, and is sent again when the page is opened
   again. Pieces go one after the other, each with the version that its text was made from: where somebody else was
   quicker, both texts are shown. Without this script the page is one form. */

"use strict";

document.getElementById("log") && (() => {
  const form = document.getElementById("log");
  const words = form.dataset;
  const shelf = `protokoll:${words.user}:${words.meeting}:`;
  const kinds = ["meeting", "person", "organisation", "guest", "item", "decision", "task"];
  const presences = { a: "present", e: "excused", f: "absent", n: "" };
  const said = form.querySelector("[data-said]");
  const status = form.querySelector("[data-status]");
  const signIn = form.querySelector("[data-sign-in]");
  const pieces = new Map();
  let running = false;
  let failures = 0;
  let timer = 0;
  let retry = 0;
  let waitingSince = 0;
  let begun = false;
  let passing = false;
  let keepsNothing = false;

  // -- Pieces and their fields -------------------------------------------------------------------------------------

  const elementOf = (name) => form.querySelector(`[data-piece="${CSS.escape(name)}"]`);
  const versionOf = (name) => form.elements[`${name}-seen_version`];
  const kindOf = (name) => name.split("-")[0];
  const inOrder = (names) => [...names].sort((one, other) => kinds.indexOf(kindOf(one)) - kinds.indexOf(kindOf(other)));
  const pieceOf = (node) => node.closest?.("[data-piece]")?.dataset.piece;
  const same = (one, other) => (one ?? "").replaceAll("\r\n", "\n").trim() === (other ?? "").replaceAll("\r\n", "\n").trim();

  const stateOf = (name) => {
    if (!pieces.has(name)) pieces.set(name, { dirty: false, sent: [], conflict: null, refused: "", errors: null, title: "" });
    return pieces.get(name);
  };

  const controls = (name) =>
    [...form.elements].filter((one) => one.name?.startsWith(`${name}-`) && one.name !== `${name}-seen_version`);

  const fieldOf = (control, name) => control.name.slice(name.length + 1);

  const valuesOf = (name) => {
    const values = {};
    for (const one of controls(name)) {
      if (one.type !== "radio") values[fieldOf(one, name)] = one.value;
      else if (one.checked) values[fieldOf(one, name)] = one.value;
    }
    return values;
  };

  const fill = (name, values) => {
    for (const one of controls(name)) {
      const value = values[fieldOf(one, name)];
      if (value === undefined) continue;
      if (one.type === "radio") one.checked = one.value === value;
      else one.value = value;
    }
  };

  // -- What is kept on the device ----------------------------------------------------------------------------------

  const keep = (name) => {
    const { sent, title } = stateOf(name);
    const heading = title || elementOf(name)?.querySelector("[data-title]")?.textContent || "";
    try {
      const kept = { values: valuesOf(name), version: versionOf(name).value, sent, title: heading };
      localStorage.setItem(shelf + name, JSON.stringify(kept));
    } catch {
      keepsNothing = true;
      tell("full");
    }
  };

  const forget = (name) => {
    try {
      localStorage.removeItem(shelf + name);
    } catch {
      keepsNothing = true;
    }
  };

  const bringBack = () => {
    const found = new Map();
    try {
      for (let index = 0; index < localStorage.length; index += 1) {
        const key = localStorage.key(index);
        if (key.startsWith(shelf)) found.set(key.slice(shelf.length), JSON.parse(localStorage.getItem(key)));
      }
    } catch {
      keepsNothing = true;
    }
    let count = 0;
    for (const name of inOrder(found.keys())) {
      const { values, version, sent, title } = found.get(name);
      if (!elementOf(name) && !create(name, values.item)) continue;
      if (kindOf(name) === "item" && values.title === undefined && version) values.title = title;
      const now = valuesOf(name);
      if (versionOf(name).value && Object.keys(values).every((field) => same(values[field], now[field] ?? values[field]))) {
        forget(name);
        continue;
      }
      fill(name, values);
      versionOf(name).value = version;
      Object.assign(stateOf(name), { dirty: true, sent, title });
      keep(name);
      count += 1;
    }
    if (count) {
      tell("restored");
      sendSoon(0);
    }
  };

  // -- What the page says ------------------------------------------------------------------------------------------

  const messages = {
    offline: words.saidOffline,
    again: words.saidAgain,
    restored: words.saidRestored,
    "signed-out": words.saidSignedOut,
    other: words.saidOther,
    refused: words.saidRefused,
    trouble: words.saidTrouble,
    full: words.saidFull,
  };
  let told = "";

  // Only what matters is read out; the hour of the last save stands beside it.
  const tell = (what) => {
    if (told === what) return;
    told = what;
    status.textContent = messages[what] ?? "";
    form.dataset.state = what;
    signIn.hidden = !["signed-out", "other"].includes(what);
  };

  const make = (tag, text, className) => {
    const element = document.createElement(tag);
    if (text) element.textContent = text;
    if (className) element.className = className;
    return element;
  };

  const button = (text, press) => {
    const element = make("button", "", "kern-btn kern-btn--secondary");
    element.type = "button";
    element.append(make("span", text, "kern-label"));
    element.addEventListener("click", press);
    return element;
  };

  const labelOf = (control) =>
    (control.type === "radio" ? control.closest("fieldset")?.querySelector("legend") : control.labels?.[0])?.textContent.trim() ?? "";

  const controlOf = (name, field) => controls(name).find((one) => fieldOf(one, name) === field);

  const boxOf = (name) => {
    const element = elementOf(name);
    let box = element.querySelector(`:scope > .log-notice, :scope > .log-item__columns > .stack > .log-notice`);
    if (!box) {
      box = make("div", "", "log-notice");
      box.id = `${name}-notice`;
      const beside = element.querySelector(":scope > .log-item__columns > .stack");
      if (beside) beside.querySelector("textarea").closest(".kern-form-input").after(box);
      else element.append(box);
    }
    return box;
  };

  const clear = (name) => {
    const element = elementOf(name);
    if (!element) return;
    element.querySelector(".log-notice")?.id === `${name}-notice` && boxOf(name).remove();
    for (const one of controls(name)) {
      if (one.getAttribute("aria-describedby") === `${name}-notice`) {
        one.removeAttribute("aria-invalid");
        one.removeAttribute("aria-describedby");
      }
    }
  };

  const showErrors = (name) => {
    const { errors } = stateOf(name);
    if (!errors) return;
    clear(name);
    const box = boxOf(name);
    if (errors.message) box.append(make("p", errors.message, "kern-error"));
    for (const [field, texts] of Object.entries(errors.errors ?? {})) {
      const control = controlOf(name, field);
      box.append(make("p", `${control ? `${labelOf(control)}: ` : ""}${texts.join(" ")}`, "kern-error"));
      if (control) {
        control.setAttribute("aria-invalid", "true");
        control.setAttribute("aria-describedby", box.id);
      }
    }
    tell("refused");
  };

  const shownValue = (control, value) => {
    if (control.type === "radio") {
      const chosen = [...form.elements[control.name]].find((one) => one.value === value);
      return chosen?.closest("label").textContent.trim() ?? value;
    }
    if (control.tagName === "SELECT") return [...control.options].find((one) => one.value === value)?.text ?? value;
    return value;
  };

  const showConflict = (name, answer) => {
    const state = stateOf(name);
    clear(name);
    state.conflict = answer;
    const box = boxOf(name);
    box.classList.add("log-conflict");
    box.append(make("p", answer.message));
    let hasText = false;
    for (const [field, value] of Object.entries(answer.newer)) {
      const control = controlOf(name, field);
      if (!control) continue;
      hasText ||= control.tagName === "TEXTAREA";
      box.append(make("p", `${words.wordStored} (${labelOf(control)}):`, "log-conflict__label"));
      box.append(make("div", shownValue(control, value) || "–", "log-conflict__text"));
    }
    const settle = (values, dirty) => {
      clear(name);
      state.conflict = null;
      state.sent = [];
      versionOf(name).value = answer.version ?? "";
      fill(name, values);
      state.dirty = dirty;
      if (dirty) changed(name, 0);
      else forget(name);
      const first = controls(name).find((one) => one.type !== "hidden" && (one.type !== "radio" || one.checked));
      first?.focus();
      told = "";
      review();
    };
    const row = make("div", "", "actions");
    row.append(button(words.wordYours, () => settle({}, true)));
    if (Object.keys(answer.newer).length) row.append(button(words.wordTheirs, () => settle(answer.newer, false)));
    if (hasText) {
      row.append(
        button(words.wordBoth, () => {
          const mine = valuesOf(name);
          const both = {};
          for (const [field, value] of Object.entries(answer.newer)) {
            if (controlOf(name, field)?.tagName === "TEXTAREA") both[field] = `${value}\n\n${mine[field]}`;
          }
          settle(both, true);
        }),
      );
    }
    box.append(row);
    tell("refused");
  };

  /** After a round of saving: whether something waits, and what is to be said about it. */
  const review = () => {
    const waiting = [...pieces.values()].some((state) => state.dirty);
    form.dataset.unsaved = waiting ? "yes" : "no";
    const needsSomebody = [...pieces.values()].some((state) => state.conflict || (state.errors && state.dirty && state.shown));
    if (needsSomebody) tell("refused");
    else if (["offline", "trouble", "signed-out", "other"].includes(told) && !failures) tell(waiting ? "" : "again");
    else if (told === "refused" || (told === "restored" && !waiting)) tell("");
  };

  // -- Saving ------------------------------------------------------------------------------------------------------

  const changed = (name, wait) => {
    const state = stateOf(name);
    state.dirty = true;
    keep(name);
    form.dataset.unsaved = "yes";
    if (!begun) {
      begun = true;
      // What the page suggests is meant to be saved with the first thing typed.
      for (const one of form.querySelectorAll("[data-suggested]")) {
        if (!stateOf(one.dataset.piece).dirty) changed(one.dataset.piece, wait);
      }
    }
    sendSoon(wait);
  };

  // After a pause in typing; whoever types without one is saved every few seconds all the same.
  const sendSoon = (wait) => {
    clearTimeout(timer);
    waitingSince ||= Date.now();
    timer = setTimeout(run, Date.now() - waitingSince > 5000 ? 0 : wait);
  };

  const isDue = (name) => {
    const state = pieces.get(name);
    return state.dirty && !state.conflict && state.refused !== JSON.stringify(valuesOf(name)) && elementOf(name);
  };

  const run = async () => {
    if (running || passing) return;
    running = true;
    waitingSince = 0;
    clearTimeout(retry);
    try {
      const done = new Set();
      for (;;) {
        const name = inOrder(pieces.keys()).find((one) => !done.has(one) && isDue(one));
        if (!name) break;
        done.add(name);
        if (!(await send(name))) break;
      }
    } finally {
      running = false;
      review();
      if (failures) retry = setTimeout(run, Math.min(30, 2 ** failures) * 1000);
      else if ([...pieces.keys()].some(isDue)) sendSoon(1000);
    }
  };

  const post = async (body) => {
    const request = async () => {
      body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
      const stop = new AbortController();
      const clock = setTimeout(() => stop.abort(), 15000);
      try {
        return await fetch(words.save, { method: "POST", body, signal: stop.signal, headers: { Accept: "application/json" } });
      } finally {
        clearTimeout(clock);
      }
    };
    let response = await request();
    // A token is worth nothing after somebody signed in anew in another tab: ask for the one of today.
    if (response.status === 401 || response.status === 403) {
      if (!(await renewToken())) return null;
      response = await request();
    }
    return response;
  };

  const renewToken = async () => {
    const response = await fetch(words.save, { cache: "no-store", headers: { Accept: "application/json" } });
    if (!response.ok) {
      fail(response.status === 401 ? "signed-out" : "trouble");
      return false;
    }
    const { user, token } = await response.json();
    if (user !== words.user) {
      fail("other");
      return false;
    }
    form.elements.csrfmiddlewaretoken.value = token;
    return true;
  };

  const fail = (what) => {
    failures = Math.min(failures + 1, 5);
    said.textContent = "";
    tell(what);
    return false;
  };

  /** Send one piece; false where nothing more can be sent for now. */
  const send = async (name) => {
    const state = stateOf(name);
    const values = valuesOf(name);
    const before = state.sent;
    state.sent = [...before, values].slice(-5);
    keep(name);
    const body = new URLSearchParams({ piece: name, [`${name}-seen_version`]: versionOf(name).value });
    for (const [field, value] of Object.entries(values)) body.set(`${name}-${field}`, value);
    if (state.title && values.title === undefined && !versionOf(name).value) body.set(`${name}-title`, state.title);
    if (!failures) said.textContent = words.saidSaving;
    let response;
    let answer;
    try {
      response = await post(body);
      if (!response) return false;
      answer = response.headers.get("Content-Type")?.includes("json") ? await response.json() : null;
    } catch {
      return fail("offline");
    }
    if (!answer || response.status >= 500) return fail("trouble");
    failures = 0;
    said.textContent = "";
    const isStill = JSON.stringify(valuesOf(name)) === JSON.stringify(values);
    if (response.ok) {
      state.sent = [];
      state.refused = "";
      state.errors = null;
      versionOf(name).value = answer.version ?? "";
      elementOf(name)?.removeAttribute("data-suggested");
      clear(name);
      if (isStill) {
        state.dirty = false;
        forget(name);
      } else keep(name);
      if (answer.preview !== undefined) state.preview = answer.preview;
      said.textContent = answer.said;
      return true;
    }
    if (response.status === 409) {
      const isOwn = before.some((sent) => Object.entries(answer.newer).every(([field, value]) => same(sent[field], value)));
      if (isOwn && Object.keys(answer.newer).length) {
        // It is what this page sent itself, and the answer was lost.
        versionOf(name).value = answer.version;
        return send(name);
      }
      state.sent = [];
      if (!Object.keys(answer.newer).length) state.title ||= elementOf(name)?.querySelector("[data-title]")?.textContent ?? "";
      showConflict(name, answer);
      return true;
    }
    state.sent = [];
    state.refused = JSON.stringify(values);
    state.errors = answer;
    state.shown = !elementOf(name)?.contains(document.activeElement);
    if (state.shown) showErrors(name);
    return true;
  };

  const idle = async () => {
    do await new Promise((done) => setTimeout(done, 30));
    while (running);
  };

  /** Save until nothing is left that could be, also of what is typed meanwhile; whether all is saved. */
  const settled = async () => {
    clearTimeout(timer);
    do {
      await idle();
      await run();
    } while (!failures && [...pieces.keys()].some(isDue));
    return ![...pieces.values()].some((state) => state.dirty);
  };

  /** Send the whole form as the button does; not before its own event is over, as browsers ignore it until then. */
  const passOn = (button) => {
    passing = true;
    form.requestSubmit(button);
    // What would be typed now could be saved by neither page.
    form.inert = true;
  };

  // A page that is come back to may be the one that was left.
  window.addEventListener("pageshow", () => {
    passing = false;
    form.inert = false;
  });

  // -- New pieces, and those taken back ----------------------------------------------------------------------------

  const newKey = () => {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    const digits = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  };

  /** Put a blank piece of that name on the page; null where it has no place. */
  const create = (name, item) => {
    const kind = kindOf(name);
    const template = document.querySelector(`template[data-new="${kind}"]`);
    const within = item ? elementOf(`item-${item}`) : form;
    const list = within?.querySelector(`[data-list="${kind}"]`);
    if (!template || !list) return null;
    const copy = document.createElement("template");
    copy.innerHTML = template.innerHTML.replaceAll("KEY0", name.slice(kind.length + 1)).replaceAll("ITEM0", item ?? "");
    list.append(copy.content);
    return elementOf(name);
  };

  const add = (kind, item) => {
    const element = create(`${kind}-${newKey()}`, item);
    element?.querySelector("input:not([type=hidden]), textarea")?.focus();
  };

  const remove = async (name) => {
    const element = elementOf(name);
    const state = stateOf(name);
    const next = element.nextElementSibling ?? element.parentElement;
    await idle();
    if (versionOf(name).value || state.sent.length) {
      const body = new URLSearchParams({ piece: name, remove: "1", [`${name}-seen_version`]: versionOf(name).value });
      for (const [field, value] of Object.entries(valuesOf(name))) body.set(`${name}-${field}`, value);
      let answer;
      try {
        const response = await post(body);
        if (!response) return;
        answer = await response.json();
        if (!response.ok) {
          if (response.status === 409) showConflict(name, answer);
          else {
            state.errors = answer;
            showErrors(name);
          }
          return;
        }
      } catch {
        fail("offline");
        return;
      }
      said.textContent = answer.said;
    }
    state.dirty = false;
    forget(name);
    const place = make("p", "", "log-removed");
    const undo = button(words.wordUndo, () => {
      place.replaceWith(element);
      versionOf(name).value = "";
      changed(name, 0);
      element.querySelector("input:not([type=hidden]), textarea")?.focus();
    });
    place.append(make("span", words.wordRemoved), undo);
    element.replaceWith(place);
    if (next) undo.focus();
    review();
  };

  // -- What people do ----------------------------------------------------------------------------------------------

  form.addEventListener("input", (event) => {
    const name = pieceOf(event.target);
    if (name && event.target.name) changed(name, event.target.type === "radio" ? 150 : 1000);
  });

  form.addEventListener("focusout", (event) => {
    const name = pieceOf(event.target);
    if (!name || pieceOf(event.relatedTarget ?? form) === name) return;
    const state = stateOf(name);
    if (state.errors && state.dirty && !state.shown) {
      state.shown = true;
      showErrors(name);
    }
    if (state.dirty) sendSoon(0);
  });

  form.addEventListener("submit", async (event) => {
    if (passing) return;
    event.preventDefault();
    const { name, value } = event.submitter ?? {};
    if (name === "add") {
      const [kind] = value.split("-");
      add(kind, value.slice(kind.length + 1));
    } else if (name === "remove") {
      await remove(value);
    } else if (name === "preview") {
      const piece = `item-${value}`;
      const panel = elementOf(piece).querySelector("[data-preview]");
      if (!panel.hidden) {
        panel.hidden = true;
        return;
      }
      stateOf(piece).dirty = true;
      await settled();
      panel.innerHTML = stateOf(piece).preview ?? "";
      panel.hidden = false;
    } else {
      for (const state of pieces.values()) state.refused = "";
      const isAllSaved = await settled();
      if (isAllSaved && name) passOn(event.submitter);
      else if (!isAllSaved) for (const one of pieces.keys()) if (stateOf(one).errors) showErrors(one);
      if (isAllSaved && !name && !said.textContent) {
        stateOf("meeting").dirty = true;
        await settled();
      }
    }
  });

  const choose = (radio, value) => {
    const chosen = [...form.elements[radio.name]].find((one) => one.value === value);
    chosen.checked = true;
    chosen.dispatchEvent(new Event("input", { bubbles: true }));
    const rows = [...form.querySelectorAll(".log-person")];
    const here = rows.indexOf(radio.closest(".log-person"));
    const next = here < 0 ? null : rows[here + 1];
    const following = next?.querySelector("input[type=radio]:checked") ?? next?.querySelector("input[type=radio]");
    (following ?? chosen).focus();
  };

  const moveBy = (step) => {
    const fields = [...form.querySelectorAll("textarea[data-text]")];
    const here = document.activeElement.closest?.(".log-item")?.querySelector("textarea[data-text]");
    fields[here ? fields.indexOf(here) + step : step > 0 ? 0 : fields.length - 1]?.focus();
  };

  const press = (buttonName, value) => form.querySelector(`button[name="${buttonName}"][value="${value}"]`)?.click();

  document.addEventListener("keydown", (event) => {
    const { target, key, code } = event;
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
    if (plain && target.type === "radio" && target.name?.endsWith("-presence") && key.toLowerCase() in presences) {
      choose(target, presences[key.toLowerCase()]);
    } else if ((event.ctrlKey || event.metaKey) && !event.altKey && key.toLowerCase() === "s") {
      form.querySelector("[data-save-all]").click();
    } else if (event.altKey && !event.ctrlKey && (key === "PageDown" || key === "PageUp")) {
      moveBy(key === "PageDown" ? 1 : -1);
    } else if (event.altKey && event.shiftKey && ["KeyB", "KeyA"].includes(code)) {
      const item = target.closest?.(".log-item");
      if (!item) return;
      press("add", `${code === "KeyB" ? "decision" : "task"}-${item.dataset.piece.slice("item-".length)}`);
    } else if (event.altKey && event.shiftKey && ["KeyG", "KeyT"].includes(code)) {
      press("add", code === "KeyG" ? "guest" : "item");
    } else return;
    event.preventDefault();
  });

  // A lid that opens, a connection that comes back, a tab in which somebody signed in again.
  const goOn = () => {
    if (document.visibilityState === "visible" || failures === 0) run();
  };
  window.addEventListener("online", goOn);
  window.addEventListener("focus", goOn);
  document.addEventListener("visibilitychange", goOn);
  window.addEventListener("beforeunload", (event) => {
    if (keepsNothing && form.dataset.unsaved === "yes") event.preventDefault();
  });

  for (const one of document.querySelectorAll("[data-with-scripts]")) one.hidden = false;
  form.dataset.unsaved = "no";
  form.dataset.ready = "yes";
  bringBack();
})();
