/* Names for what Django's admin leaves nameless to screen readers: fields of suggestions, and columns of inlines. */

"use strict";

{
  const nameOf = (select) => {
    const label = document.querySelector(`label[for="${CSS.escape(select.id)}"]`);
    if (label && !label.id) label.id = `${select.id}_label`;
    return label ? { ids: [label.id] } : { text: select.getAttribute("aria-label") };
  };

  const nameBox = (select) => {
    const box = select.parentElement?.querySelector(".select2-selection[role=combobox]");
    if (!box) return;
    const name = nameOf(select);
    const shown = box.querySelector(".select2-selection__rendered");
    if (name.text) {
      const hidden = document.createElement("span");
      hidden.id = `${select.id}_name`;
      hidden.className = "visually-hidden";
      hidden.textContent = name.text;
      if (!document.getElementById(hidden.id)) box.parentElement.append(hidden);
      name.ids = [hidden.id];
    }
    // The box itself is the field; a text field inside it would be a second one without a name.
    shown?.removeAttribute("role");
    shown?.removeAttribute("aria-readonly");
    if (name.ids) box.setAttribute("aria-labelledby", [...name.ids, shown?.id].filter(Boolean).join(" "));
  };

  const nameAll = () => {
    for (const select of document.querySelectorAll("select.admin-autocomplete")) nameBox(select);
    for (const head of document.querySelectorAll(".inline-group thead th:empty")) {
      const hidden = document.createElement("span");
      hidden.className = "visually-hidden";
      hidden.textContent = head.closest(".inline-group").querySelector("h2").textContent;
      head.append(hidden);
    }
  };

  // After the admin's own scripts have made the fields, which jQuery puts off until later than the page's load.
  document.addEventListener("DOMContentLoaded", () => django.jQuery(() => setTimeout(nameAll)));
  document.addEventListener("formset:added", () => setTimeout(nameAll));
}
