/* Saves a request as a draft while it is typed, so that it survives a closed browser. Files go with the button. */

"use strict";

(() => {
  const form = document.getElementById("request");
  const said = document.getElementById("draft-said");
  if (!form || !said) return;
  let timer = 0;
  let saving = null;

  const written = () => {
    const data = new FormData(form);
    for (const input of form.querySelectorAll("input[type=file]")) data.delete(input.name);
    data.set("save", "1");
    return data;
  };

  const save = async (keepalive = false) => {
    clearTimeout(timer);
    timer = 0;
    try {
      const address = form.getAttribute("action") || location.href;
      const answer = await fetch(address, { method: "POST", body: written(), headers: { Accept: "application/json" }, keepalive });
      if (answer.ok) {
        const { url, version } = await answer.json();
        form.action = url;
        form.elements.seen_version.value = version;
        history.replaceState(null, "", url);
        said.textContent = `${said.dataset.saved} ${new Date().toLocaleTimeString(document.documentElement.lang, { timeStyle: "short" })}`;
      } else said.textContent = answer.status === 422 ? said.dataset.wrong : said.dataset.lost;
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
    if (!saving) return;
    event.preventDefault();
    saving.finally(() => form.requestSubmit(event.submitter));
  });
})();
