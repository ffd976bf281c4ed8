// The desk: a field that suggests as one types (select2) is given the name that its label has.
"use strict";

// After Django's own scripts have made the fields, which wait for the page as this does.
window.django?.jQuery?.(() => {
  for (const select of document.querySelectorAll("select.admin-autocomplete")) {
    const label = document.querySelector(`label[for="${select.id}"]`);
    const box = select.nextElementSibling?.querySelector("[role=combobox]");
    if (label && box) {
      label.id ||= `${select.id}_label`;
      for (const named of [box, ...box.querySelectorAll("[role=textbox]")]) {
        named.setAttribute("aria-labelledby", label.id);
      }
    }
  }
});
