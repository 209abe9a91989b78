import "./app/console.css";
import { loginPath, readSession, signedInPath } from "./api/session";
import { loadPage } from "./app/routes";
import { texts } from "./app/texts";
import { dateFormat } from "./i18n/format";
import { currentLocale } from "./i18n/locale";

/** So long, in milliseconds, the first page is waited for before what is around it is shown without it. */
const patience = 300;

/**
 * Asks at once for all that the page needs: who is signed in, the console, and the page of the address.
 * Nothing of it is imported here, so that the browser reads it while the server answers.
 */
async function open(root: HTMLElement): Promise<void> {
  const shell = import("./app/start");
  if (/^\/console\/?$/.test(location.pathname)) history.replaceState(null, "", "/");
  if (location.pathname === signedInPath) {
    (await shell).signedIn(root);
    return;
  }
  const page = loadPage(location.pathname).catch(() => undefined); // it is asked for again when it is shown
  const asked = readSession();
  // The browser takes as long for its first format of a date as for a page of them: it has time now.
  dateFormat(currentLocale(), "medium", "short");
  const session = await asked;
  if (!session) {
    location.replace(loginPath(location.pathname + location.search));
    return;
  }
  const { start } = await shell;
  const late = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), patience));
  start(root, session, await Promise.race([page, late]));
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
if (root) void open(root).catch(() => failed(root));
