/* Follows the link that stands at the end of a page telling progress; without scripts one follows it oneself. */
"use strict";

const goOn = document.getElementById("go-on");
if (goOn && !document.querySelector(".errornote")) window.location.replace(goOn.href);
