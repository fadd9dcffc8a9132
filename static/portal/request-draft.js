/* Saves a request as a draft while it is typed, so that it survives a closed browser. Files go with the button. */

"use strict";

(() => {
  const form = document.getElementById("request");
  const said = document.getElementById("draft-said");
  const signIn = document.getElementById("draft-sign-in");
  if (!form || !said) return;
  const headers = { Accept: "application/json" };
  let timer = 0;
  let saving = null;

  const address = () => form.getAttribute("action") || location.href;

  const written = () => {
    const data = new FormData(form);
    for (const input of form.querySelectorAll("input[type=file], input[name=remove]")) data.delete(input.name);
    data.set("save", "1");
    return data;
  };

  const post = async (keepalive) => {
    const answer = await fetch(address(), { method: "POST", body: written(), headers, keepalive });
    if (answer.status !== 401 && answer.status !== 403) return answer;
    // The token is worth nothing after somebody signed in anew in another tab: ask for the one of today.
    const renewed = await fetch(address(), { cache: "no-store", headers });
    if (!renewed.ok) return renewed;
    form.elements.csrfmiddlewaretoken.value = (await renewed.json()).token;
    return fetch(address(), { method: "POST", body: written(), headers });
  };

  const save = async (keepalive = false) => {
    clearTimeout(timer);
    timer = 0;
    try {
      const answer = await post(keepalive);
      signIn.hidden = answer.status !== 401;
      if (answer.ok) {
        const { url, version } = await answer.json();
        form.action = url;
        form.elements.seen_version.value = version;
        history.replaceState(null, "", url);
        said.textContent = `${said.dataset.saved} ${new Date().toLocaleTimeString(document.documentElement.lang, { timeStyle: "short" })}`;
      } else said.textContent = answer.status === 401 ? said.dataset.signedOut : (await answer.json()).message;
    } catch {
      said.textContent = said.dataset.lost;
    }
  };

  // One after the other, as each needs the version that the one before it made.
  const saveNow = (keepalive) => (saving = (saving ?? Promise.resolve()).then(() => save(keepalive)).finally(() => timer || (saving = null)));

  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(saveNow, 1500);
  });
  document.addEventListener("visibilitychange", () => {
    if (timer && document.visibilityState === "hidden") saveNow(true);
  });
  form.addEventListener("submit", (event) => {
    clearTimeout(timer);
    timer = 0;
    if (!signIn.hidden) saveNow(); // whoever signed in again meanwhile goes on; nobody sends it without noticing
    if (!saving) return;
    event.preventDefault();
    saving.finally(() => signIn.hidden && form.requestSubmit(event.submitter));
  });
})();
