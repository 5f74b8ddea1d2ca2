// ---- enroll: whatever the policy allows, the strongest first --------------------------------------------------------

const present = (status, type) => status.factors.find((factor) => factor.type === type && !factor.disabled);

// What can still be bound.
function offers(status) {
  return ["passkey", "totp", "email"].filter((type) =>
    status.offered.includes(type) && (type === "passkey" ? canPasskey() : !present(status, type)) &&
    (type !== "email" || status.address));
}

function offerButtons(status) {
  const views = { passkey: addPasskey, totp: addApp, email: addEmail };
  return offers(status).map((type) => way(`add-${type}`, texts.add[type], texts.about[type], () => views[type]()));
}

// Where a visit goes when nothing else is asked for.
async function home() {
  const status = await askAs("status");
  if (status.state !== "open") return settle(status);
  link.address = status.address;
  if (status.active) wanted(() => manage(status))();
  else choose(status);
}

function choose(status) {
  const ways = offerButtons(status);
  if (ways.length === 0) return end(() => texts.nothing, "bad");
  const view = () => show(view, texts.chooseTitle, texts.chooseLead, offerButtons(status));
  view();
}

// A factor was bound: what it was, and what comes next.
async function bound(type) {
  const status = await askAs("status");
  if (status.state !== "open") return settle(status);
  const view = () => {
    const [title, lead] = texts.bound[type];
    const codes = status.recovery_codes && !present(status, "recovery_code");
    show(view, title, codes ? `${lead} ${texts.codesNext}` : `${lead} ${texts.close}`, [
      codes && button("codes-button", texts.getCodes, newCodes, "primary"),
      button("manage-button", texts.manage, home),
    ]);
    mark("good");
  };
  view();
}

// ---- an authenticator app ------------------------------------------------------------------------------------------

// The server takes 64 bytes, and what counts as one here has three at most, as Chinese does; an emoji has four and counts twice.
const nameField = () => [
  make("label", { for: "name" }, texts.name),
  make("input", { id: "name", type: "text", maxlength: 21, autocomplete: "off", placeholder: texts.nameExample }),
];

async function addApp() {
  const offer = await busy(byId("add-totp"), () => askAs("totp"));
  if (offer.state !== "open") return settle(offer);
  const grouped = offer.secret.match(/.{1,4}/g).join(" ");
  const view = () => {
    const picture = new DOMParser().parseFromString(offer.qr, "image/svg+xml").documentElement;
    picture.setAttribute("aria-label", texts.qr);
    show(view, texts.appTitle, texts.appLead, [
      make("div", { class: "qr" }, picture),
      make("a", { class: "button", href: offer.uri }, texts.openApp),
      make("p", { class: "hint", id: "key-label" }, texts.typeKey),
      make("code", { class: "secret", id: "secret", "aria-labelledby": "key-label" }, grouped),
      copyButton("copy-key", () => offer.secret),
      make("hr"),
      codeForm({
        label: texts.appCode, hint: texts.appHint, pattern: digits(6), malformed: fill(texts.malformed, { length: 6 }),
        action: texts.confirm, extra: nameField(),
        check: async (code) => {
          const answer = await askAs("totp/confirm", { code, label: byId("name").value });
          return answer.state === "open" ? bound("totp") && null : answer;
        },
      }),
      button("back-button", texts.back, home, "plain"),
    ]);
  };
  view();
}

// ---- a code by mail ------------------------------------------------------------------------------------------------

function addEmail() {
  mailedCode({
    words: () => [texts.emailTitle, texts.emailLead], send: () => askAs("code"),
    until: link.code_expires_at, // of one that is on its way already
    check: async (code) => {
      const answer = await askAs("verify", { code });
      if (answer.verified) link.code_expires_at = null;
      return answer.verified ? bound("email") && null : answer;
    },
    others: [() => button("back-button", texts.back, home, "plain")],
  });
}

// ---- recovery codes, shown once ------------------------------------------------------------------------------------

// Says by itself that it has copied. Where the browser does not let it, the text can still be selected.
function copyButton(id, content) {
  const copy = async (event) => {
    try {
      await navigator.clipboard.writeText(content());
      event.target.textContent = texts.copied;
    } catch {
      event.target.textContent = texts.copy;
    }
  };
  return make("button", { type: "button", id, "aria-live": "polite", onclick: copy }, texts.copy);
}

async function newCodes(event) {
  const answer = await busy(event && event.target, () => askAs("recovery-codes"));
  if (answer.state !== "open") return settle(answer);
  const text = () => `${texts.codesFile} ${link.tenant}\r\n\r\n${answer.codes.join("\r\n")}\r\n`;
  const save = () => {
    const url = URL.createObjectURL(new Blob([text()], { type: "text/plain" }));
    make("a", { href: url, download: "recovery-codes.txt" }).click();
    URL.revokeObjectURL(url);
  };
  const view = () => show(view, texts.codesTitle, texts.codesLead, [
    make("ul", { class: "codes", id: "codes", "aria-label": texts.codesTitle }, ...answer.codes.map((code) => make("li", {}, code))),
    make("div", { class: "row" }, copyButton("copy-codes", () => answer.codes.join("\n")),
      button("save-codes", texts.save, save), button("print-codes", texts.print, () => print())),
    make("p", { class: "hint" }, texts.codesHint),
    button("saved-button", texts.codesSaved, home, "primary"),
  ]);
  view();
}
