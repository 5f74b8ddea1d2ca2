// ---- verify: one of the user's factors -----------------------------------------------------------------------------

const STRONGEST_FIRST = ["passkey", "totp", "email", "recovery_code"];

// Asks for a factor, in a challenge of its own.
async function prove() {
  const answer = await askAs("challenge");
  if (answer.state !== "open") return settle(answer);
  challenged(answer);
}

// What a challenge asks for; without one there is nothing to prove, or nothing left to prove it with.
// Who has more than codes by mail needs more for changes, and a link that asks to verify alone is none.
function challenged(answer) {
  const { challenge } = answer;
  if (challenge) {
    const changes = link.kind !== "verify" || link.done;
    const isStrong = challenge.factors.some((type) => type === "totp" || type === "passkey");
    if (changes && isStrong) challenge.factors = challenge.factors.filter((type) => type !== "email");
    return verify(challenge);
  }
  if (!answer.disabled) return home();
  const view = () => {
    show(view, ...texts.allDisabled, [way("rebind-button", texts.rebind, texts.rebindHint, addEmail), lostButton()]);
    mark("bad");
  };
  view();
}

const lostButton = () => button("lost-button", texts.lost, wanted(() => lost()), "plain");

function verify(challenge, chosen) {
  const usable = STRONGEST_FIRST.filter((type) => challenge.factors.includes(type) && (type !== "passkey" || canPasskey()));
  const type = chosen || usable[0];
  const others = () => make("div", {}, make("hr"),
    ...usable.filter((other) => other !== type).map((other) =>
      button(`use-${other}`, texts.use[other], () => verify(challenge, other))), lostButton());
  // Passkeys alone are asked for, of a browser that lacks them.
  if (!type) {
    const stuck = () => show(stuck, texts.verifyTitle, texts.passkeyFailed, [others()]);
    return stuck();
  }
  const verdict = (answer) => {
    if (answer.verified) verified();
    else if (answer.state === "exhausted") retry(answer);
    else return answer;
    return null;
  };
  const check = (factor) => async (code) => verdict(await askAs("challenge/verify", { factor, code, ...remembering() }));
  if (type === "passkey") return verifyPasskey(challenge.passkey, verdict, others);
  if (type === "email") {
    return mailedCode({
      words: () => [texts.verifyTitle, texts.verifyEmail], check: check("email"), extra: rememberField, others: [others],
      send: () => askAs("challenge/send"),
    });
  }
  const recovery = type === "recovery_code";
  const view = () => show(view, texts.verifyTitle, recovery ? texts.verifyRecovery : texts.verifyApp, [
    codeForm(recovery ? recoveryForm(check("recovery_code"), rememberField()) : {
      label: texts.appCode, hint: texts.appHint, pattern: /^(\d{6}|\d{8})$/, malformed: fill(texts.malformed, { length: 6 }),
      action: texts.confirm, check: check("totp"), extra: rememberField(),
    }),
    others(),
  ], "code");
  view();
}

const recoveryForm = (check, extra) => ({
  label: texts.recoveryCode, hint: texts.recoveryHint, pattern: /^\S.{4,62}\S$/, malformed: texts.recoveryMalformed,
  long: true, action: texts.confirm, check, extra,
});

// A challenge is over: why, and the way to another one.
function retry(answer) {
  const view = () => {
    const [title, lead] = answer.state === "exhausted" ? texts.exhausted : texts.challengeOver;
    show(view, title, lead, [button("retry-button", texts.retry, prove, "primary"), lostButton()]);
    mark("bad");
  };
  view();
  return true;
}

// He is himself: a link that asked for this is done with, any other one leads on.
function verified() {
  if (link.kind !== "verify" || link.done) return home();
  link.done = true;
  const view = () => {
    show(view, ...texts.verified, [button("manage-button", texts.manage, home)]);
    mark("good");
  };
  view();
}
