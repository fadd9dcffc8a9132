// Drags the items of an agenda; the buttons beside them do the same. Dropping sends the form with the whole order.
"use strict";
{
  const form = document.getElementById("order");
  const list = form && form.querySelector(".agenda-editor");
  const order = () => [...list.children].map((item) => item.dataset.item).join(",");
  let dragged = null;
  for (const item of list ? list.children : []) {
    item.draggable = true;
    item.addEventListener("dragstart", (event) => {
      dragged = item;
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", item.dataset.item);
      item.classList.add("agenda-editor__item--dragged");
    });
    item.addEventListener("dragover", (event) => {
      if (!dragged) return;
      event.preventDefault();
      const box = item.getBoundingClientRect();
      const below = event.clientY > box.top + box.height / 2;
      if (item !== dragged) list.insertBefore(dragged, below ? item.nextSibling : item);
    });
    item.addEventListener("drop", (event) => event.preventDefault());
    item.addEventListener("dragend", () => {
      item.classList.remove("agenda-editor__item--dragged");
      dragged = null;
      if (order() === form.elements.ordnen.value) return;
      const sent = document.createElement("input");
      sent.type = "hidden";
      sent.name = "folge";
      sent.value = order();
      form.append(sent);
      form.submit();
    });
  }
}
