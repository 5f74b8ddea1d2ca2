// ---- I lost my device ----------------------------------------------------------------------------------------------

async function lost() {
  const answer = await askAs("challenge", { recover: true });
  if (answer.state !== "open") return settle(answer);
  const both = answer.challenge && ["email", "recovery_code"].every((type) => answer.challenge.factors.includes(type));
  const view = () => show(view, texts.lostTitle, texts.lostLead, [
    both && way("two-button", texts.lostTwo, texts.lostTwoHint, lostEmail),
    way("wait-button", texts.lostWait, texts.lostWaitHint, lostWait),
    button("back-button", texts.back, prove, "plain"),
  ]);
  view();
}

// One method after the other, each in a challenge of its own.
const showing = (factor, next) => async (code) => {
  const answer = await askAs("challenge/verify", { factor, code });
  if (answer.verified) return next() && null;
  if (answer.state === "exhausted") return retry(answer) && null;
  return answer;
};

function lostEmail() {
  mailedCode({
    words: () => [texts.lostEmailTitle, texts.verifyEmail], send: () => askAs("challenge/send"),
    check: showing("email", lostRecovery), others: [() => button("back-button", texts.back, lost, "plain")],
  });
}

async function lostRecovery() {
  const answer = await askAs("challenge", { recover: true });
  if (answer.state !== "open" || !answer.challenge) return settle(answer);
  const view = () => show(view, texts.lostCodeTitle, texts.verifyRecovery, [
    codeForm(recoveryForm(showing("recovery_code", lostReset))),
    button("back-button", texts.back, lost, "plain"),
  ], "code");
  view();
}

async function lostReset() {
  const answer = await askAs("lost/reset");
  if (answer.state !== "open") return settle(answer);
  link.done = true;
  const view = () => {
    show(view, ...texts.resetDone, [button("manage-button", texts.setUp, enrollAnew, "primary")]);
    mark("good");
  };
  view();
}

async function enrollAnew() {
  const status = await askAs("status");
  if (status.state !== "open") return settle(status);
  link.address = status.address;
  choose(status);
}

function lostWait() {
  const schedule = async (event) => {
    const answer = await busy(event.target, () => askAs("lost/schedule"));
    if (answer.state !== "open") return settle(answer);
    const due = answer.reset_due;
    end(() => texts.scheduled.map((text) => text.replace("{time}", moment(due))), "good");
  };
  const view = () => show(view, texts.waitTitle, texts.waitLead, [
    button("schedule-button", texts.schedule, schedule, "primary"), button("back-button", texts.back, lost, "plain"),
  ]);
  view();
}

// The link of the mail that tells of a reset: it asks once more.
function cancelling() {
  const cancel = async (event) => {
    const answer = await busy(event.target, () => ask("lost/cancel", { token: token.slice("cancel.".length) }));
    if (answer.state === "open") end(() => texts.cancelled, "good");
    else if (answer.state === "unknown") end(() => texts.cancelUnknown, "bad");
    else settle(answer);
  };
  const view = () => show(view, texts.cancelTitle, texts.cancelLead, [
    button("cancel-button", texts.cancelReset, cancel, "primary"),
  ]);
  view();
}
