// ---- manage one's factors ------------------------------------------------------------------------------------------

function describe(factor) {
  if (factor.disabled) return texts.disabled;
  if (factor.type === "recovery_code") return fill(texts.codesLeft, { n: factor.codes_left });
  return [
    factor.type === "email" && link.address,
    factor.created_at && fill(texts.added, { day: day(factor.created_at) }),
    factor.last_used_at && fill(texts.lastUsed, { day: day(factor.last_used_at) }),
  ].filter(Boolean).join(" · ");
}

function manage(status) {
  const named = (factor) => factor.label || texts.factor[factor.type];
  const row = (factor) => make("li", {},
    make("div", {}, make("strong", {}, named(factor)),
      factor.label && make("span", {}, texts.factor[factor.type]), make("span", {}, describe(factor))),
    !status.restricted && make("button",
      { type: "button", class: "danger", "data-id": factor.id, "aria-label": `${texts.remove}: ${named(factor)}`,
        onclick: () => removal(status, factor, named(factor)) }, texts.remove));
  const view = () => {
    const ways = offerButtons(status);
    const codes = status.recovery_codes && !status.restricted;
    show(view, texts.manageTitle, status.restricted ? texts.manageRestricted : texts.manageLead, [
      status.reset_due && resetNotice(status),
      make("ul", { class: "factors" }, ...status.factors.map(row)),
      codes && button("codes-button", present(status, "recovery_code") ? texts.renewCodes : texts.getCodes, newCodes),
      ways.length > 0 && make("h2", {}, texts.addMore), ...ways,
      ...deviceList(status),
    ]);
  };
  view();
}

function removal(status, factor, name) {
  const last = status.factors.filter((other) => other.type !== "recovery_code").length === 1 && factor.type !== "recovery_code";
  const remove = async (event) => {
    const answer = await busy(event.target, () => askAs("factors/remove", { id: factor.id }));
    if (answer.state === "open" || answer.state === "not_enrolled") home();
    else settle(answer);
  };
  const view = () => show(view, fill(texts.removeTitle, { name }), last ? texts.removeLast : texts.removeLead, [
    button("remove-button", texts.remove, remove, "danger"), button("back-button", texts.keep, home, "primary"),
  ]);
  view();
}

// ---- a reset on its way --------------------------------------------------------------------------------------------

function resetNotice(status) {
  const cancel = async (event) => {
    const answer = await busy(event.target, () => askAs("lost/cancel"));
    if (answer.state === "open" || answer.state === "unknown") home();
    else settle(answer);
  };
  return make("section", { class: "notice" }, make("p", {}, fill(texts.resetPending, { time: moment(status.reset_due) })),
    button("cancel-button", texts.cancelReset, cancel));
}

// ---- remembered devices --------------------------------------------------------------------------------------------

function deviceList(status) {
  if (status.devices.length === 0) return [];
  const row = (device) => make("li", {},
    make("div", {}, make("strong", {}, device.label || texts.device),
      make("span", {}, fill(texts.lastUsed, { day: day(device.last_used_at) }))),
    make("button", { type: "button", class: "danger", "data-device": device.id,
      "aria-label": `${texts.remove}: ${device.label || texts.device}`, onclick: (event) => forget(event.target, device) },
      texts.remove));
  return [make("h2", {}, texts.devices), make("ul", { class: "factors" }, ...status.devices.map(row))];
}

async function forget(element, device) {
  const answer = await busy(element, () => askAs("devices/remove", { id: device.id }));
  if (answer.state === "open" || answer.state === "not_enrolled") home();
  else settle(answer);
}
