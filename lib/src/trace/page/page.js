"use strict";
// A field and its bytes show one another. A field says in data-at where its bytes are: "p0:24-25 p1:0-3", dump and
// first and last byte.
(() => {
  const places = (element) => (element.dataset.at || "").split(" ").filter(Boolean).map((place) => {
    const [dump, range] = place.split(":");
    const [first, last] = range.split("-").map(Number);
    return { dump, first, last };
  });
  const bytes = new Map(); // "p0:24" -> its elements
  for (const element of document.querySelectorAll(".octets [data-i]")) {
    const key = element.closest(".octets").id + ":" + element.dataset.i;
    if (!bytes.has(key)) bytes.set(key, []);
    bytes.get(key).push(element);
  }
  const fieldsOf = new Map(); // "p0:24" -> the fields it is in, narrowest last
  for (const row of document.querySelectorAll(".fields tr[data-at]")) {
    for (const { dump, first, last } of places(row)) {
      for (let i = first; i <= last; ++i) {
        const key = dump + ":" + i;
        if (!fieldsOf.has(key)) fieldsOf.set(key, []);
        fieldsOf.get(key).push({ row, size: last - first });
      }
    }
  }
  for (const fields of fieldsOf.values()) fields.sort((a, b) => b.size - a.size);

  let shown = [];
  const clear = () => {
    for (const element of shown) element.classList.remove("on");
    shown = [];
  };
  const mark = (element) => {
    element.classList.add("on");
    shown.push(element);
  };
  // Scrolls what holds the bytes, never the page: what one looks at stays where it is.
  const bringIntoView = (element, box) => {
    const inner = element.getBoundingClientRect();
    const outer = box.getBoundingClientRect();
    if (inner.top < outer.top || inner.bottom > outer.bottom) box.scrollTop += inner.top - outer.top - outer.height / 3;
  };
  const showField = (field) => {
    clear();
    mark(field);
    let first = true;
    for (const { dump, first: from, last } of places(field)) {
      for (let i = from; i <= last; ++i) {
        for (const element of bytes.get(dump + ":" + i) || []) {
          if (first) bringIntoView(element, element.closest(".octets"));
          first = false;
          mark(element);
        }
      }
    }
  };
  const showByte = (byte) => {
    const key = byte.closest(".octets").id + ":" + byte.dataset.i;
    clear();
    const fields = fieldsOf.get(key) || [];
    if (fields.length === 0) {
      for (const element of bytes.get(key)) mark(element);
      return;
    }
    const narrowest = fields[fields.length - 1];
    for (const { row, size } of fields) if (size === narrowest.size) mark(row);
    for (const { dump, first, last } of places(narrowest.row)) {
      for (let i = first; i <= last; ++i) for (const element of bytes.get(dump + ":" + i) || []) mark(element);
    }
  };
  const show = (target) => {
    const part = target.closest("[data-at], .octets [data-i]");
    if (!part) return;
    if (part.dataset.i !== undefined) showByte(part);
    else showField(part);
  };
  document.addEventListener("focusin", (event) => show(event.target));
  document.addEventListener("mouseover", (event) => show(event.target));
  document.addEventListener("focusout", clear);
  document.addEventListener("mouseout", () => {
    clear();
    if (document.activeElement && document.activeElement !== document.body) show(document.activeElement);
  });

  // The bytes of a dump are one stop of the Tab key; arrows walk them.
  const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -16, ArrowDown: 16 };
  document.addEventListener("keydown", (event) => {
    const byte = event.target.closest(".b");
    if (!byte || event.ctrlKey || event.altKey || event.metaKey) return;
    const all = [...byte.closest(".octets").querySelectorAll(".b")];
    const at = all.indexOf(byte);
    const to = event.key === "Home" ? 0 : event.key === "End" ? all.length - 1 : at + (steps[event.key] || 0);
    if (to === at || !all[to]) return;
    event.preventDefault();
    byte.tabIndex = -1;
    all[to].tabIndex = 0;
    all[to].focus();
  });

  // On paper everything is open.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    for (const details of opened) details.open = true;
  });
  addEventListener("afterprint", () => {
    for (const details of opened) details.open = false;
  });
})();
