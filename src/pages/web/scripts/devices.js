// ---- remembered devices --------------------------------------------------------------------------------------------

const rememberField = () => [
  make("label", { class: "check" }, make("input", { id: "remember", type: "checkbox" }), texts.remember),
];

// What this device is called, when the person wants it remembered.
function remembering() {
  const box = byId("remember");
  if (!box || !box.checked) return {};
  const named = (known) => (known.exec(navigator.userAgent) || [""])[0].replace("Edg", "Edge").replace("OPR", "Opera");
  const browser = named(/Firefox|Edg|OPR|Chrome|Safari/);
  const system = named(/Windows|Android|iPhone|iPad|Mac OS X|CrOS|Linux/);
  return { remember: [browser, system].filter(Boolean).join(", ") };
}
