// ---- passkeys ------------------------------------------------------------------------------------------------------

// Browsers that lack the helpers for JSON are offered other ways.
const canPasskey = () => Boolean(window.PublicKeyCredential?.parseCreationOptionsFromJSON);

// Asks the browser for a credential; nothing when the person or the device says no.
async function credential(call, options) {
  try {
    const made = await navigator.credentials[call](options);
    return made && made.toJSON();
  } catch {
    return null;
  }
}

function passkeyForm(title, lead, action, act, more) {
  const submit = make("button", { id: "passkey-button", class: "primary" }, action);
  const onsubmit = async (event) => {
    event.preventDefault();
    const answer = await busy(submit, act);
    if (!answer) return; // it went on
    if (answer.state === "none" || answer.state === "wrong_code") fail(texts.passkeyFailed);
    else if (settle(answer)) return;
    submit.focus();
  };
  return [title, lead, [make("form", { onsubmit }, ...more, submit)]];
}

function addPasskey() {
  const act = async () => {
    const offer = await askAs("passkey");
    if (offer.state !== "open") return offer;
    const made = await credential("create", { publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(offer.passkey) });
    if (!made) return { state: "none" };
    const answer = await askAs("passkey/confirm", { credential: made, label: byId("name").value });
    return answer.state === "open" ? bound("passkey") && null : answer;
  };
  const view = () => {
    const [title, lead, nodes] = passkeyForm(texts.passkeyTitle, texts.passkeyLead, texts.passkeyCreate, act, nameField());
    show(view, title, lead, [...nodes, button("back-button", texts.back, home, "plain")]);
  };
  view();
}

function verifyPasskey(options, verdict, others) {
  const act = async () => {
    const made = await credential("get", { publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
    if (!made) return { state: "none" };
    return verdict(await askAs("challenge/verify", { factor: "passkey", credential: made, ...remembering() }));
  };
  const view = () => {
    const [title, lead, nodes] = passkeyForm(texts.verifyTitle, texts.passkeyLead, texts.passkeyUse, act, rememberField());
    show(view, title, lead, [...nodes, others()]);
  };
  view();
}
