import "./app/console.css";
import { createRoot } from "react-dom/client";
import { matchPath } from "react-router";
import { channelName, loginPath, readSession } from "./api/session";
import { App } from "./app/App";
import { routes } from "./app/routes";
import { signedInPath } from "./app/SessionDialog";
import { texts } from "./app/texts";
import { currentLocale } from "./i18n";

/** The nonce of this answer. Browsers hide it from the attribute, and so from selectors of styles. */
function nonce(): string {
  return document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? "";
}

/** The end of a sign-in in a window of its own: it tells the console that has opened it. */
function signedIn(root: HTMLElement): void {
  new BroadcastChannel(channelName).postMessage("signed-in");
  root.textContent = texts[currentLocale()].signedIn;
  window.close();
}

/** Asks for the page of the address while it is not known yet who is signed in: each takes its time. */
function fetchPage(): void {
  const route = routes.find(({ path }) => matchPath(path, location.pathname));
  void route?.load().catch(() => undefined); // it is asked for again when it is shown
}

async function start(root: HTMLElement): Promise<void> {
  if (location.pathname === signedInPath) {
    signedIn(root);
    return;
  }
  fetchPage();
  const session = await readSession();
  if (!session) {
    location.replace(loginPath(location.pathname + location.search));
    return;
  }
  createRoot(root).render(<App session={session} nonce={nonce()} />);
}

/** What is left to say when not even the console itself could be started. */
function failed(root: HTMLElement): void {
  const t = texts[currentLocale()];
  const text = document.createElement("p");
  text.textContent = `${t.broken}. ${t.offline} `;
  const again = document.createElement("button");
  again.textContent = t.reload;
  again.addEventListener("click", () => location.reload());
  root.replaceChildren(text, again);
}

const root = document.getElementById("root");
if (root) void start(root).catch(() => failed(root));
