import "./app/console.css";
import { createRoot } from "react-dom/client";
import { matchPath } from "react-router";
import { channelName, loginPath, readSession } from "./api/session";
import { App, type FirstPage } from "./app/App";
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

/** So long, in milliseconds, the first page is waited for before what is around it is shown without it. */
const patience = 300;

/** Asks for the page of the address. Undefined if it cannot be had: it is asked for again when it is shown. */
async function fetchPage(): Promise<FirstPage | undefined> {
  const route = routes.find(({ path }) => matchPath(path, location.pathname));
  return route?.load().then(
    ({ default: Page }) => ({ path: route.path, Page }),
    () => undefined,
  );
}

async function start(root: HTMLElement): Promise<void> {
  if (location.pathname === signedInPath) {
    signedIn(root);
    return;
  }
  const page = fetchPage(); // neither the page nor the session needs the other
  const session = await readSession();
  if (!session) {
    location.replace(loginPath(location.pathname + location.search));
    return;
  }
  const late = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), patience));
  createRoot(root).render(<App session={session} nonce={nonce()} first={await Promise.race([page, late])} />);
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
