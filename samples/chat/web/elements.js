// What both pages make elements with: names and texts of others become text nodes, never markup.

export function fromTemplate(id) {
  return document.getElementById(id).content.firstElementChild.cloneNode(true);
}

/// Puts texts and names into an element. Names, given as { name }, are each kept apart from the direction of what is
/// around them.
export function fill(element, ...parts) {
  element.replaceChildren(...parts.map((part) => {
    if (typeof part === "string") return part;
    const name = document.createElement("bdi");
    name.textContent = part.name;
    return name;
  }));
}

/// { name } for each name, with commas between them.
export function listed(names) {
  return names.flatMap((name, i) => (i === 0 ? [{ name }] : [", ", { name }]));
}

/// Shows a mistake beside its fields, or with an empty text that there is none.
export function showMistake(place, text, ...fields) {
  place.textContent = text;
  for (const field of fields) {
    if (text === "") field.removeAttribute("aria-invalid");
    else field.setAttribute("aria-invalid", "true");
  }
}
