// ---- the beginning -------------------------------------------------------------------------------------------------

async function begin(event) {
  const answer = await busy(event.target, () => ask("begin", { token }));
  if (answer.state !== "open") return settle(answer);
  challenged(answer);
}

function showLink() {
  byId("tenant").textContent = link.tenant;
  byId("tenant").hidden = !link.tenant;
  const view = () => show(view, texts.title[link.kind], texts.lead[link.kind], [
    button("begin-button", texts.begin, begin, "primary"),
  ]);
  view();
}

async function start() {
  // Another link in the same tab differs in its fragment alone, which by itself loads nothing.
  addEventListener("hashchange", () => location.reload());
  byId("language").addEventListener("change", async (event) => {
    await speak(event.target.value);
    redraw?.();
    byId("language").focus();
  });
  const cancels = token.startsWith("cancel.");
  if (!cancels) link = await ask("link", { token });
  try {
    await speak(preferred(link.locale));
  } catch {
    fail("The server cannot be reached. Please load this page again."); // in no language yet
    return;
  }
  if (cancels) wanted(() => cancelling())();
  else if (link.state === "open") showLink();
  else if (!settle(link)) {
    redraw = () => settle(link);
    byId("view").replaceChildren(button("reload-button", texts.retry, () => location.reload()));
  }
}

start();
