import { createRoot } from "react-dom/client";
import { channelName, type Session } from "../api/session";
import { currentLocale } from "../i18n";
import { App } from "./App";
import type { LoadedPage } from "./routes";
import { texts } from "./texts";

/** The nonce of this answer. Browsers hide it from the attribute, and so from selectors of styles. */
function nonce(): string {
  return document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? "";
}

/** Shows the console to who is signed in, with the page of the address if that is there already. */
export function start(root: HTMLElement, session: Session, first: LoadedPage | undefined): void {
  createRoot(root).render(<App session={session} nonce={nonce()} first={first} />);
}

/** The end of a sign-in in a window of its own: it tells the console that has opened it. */
export function signedIn(root: HTMLElement): void {
  new BroadcastChannel(channelName).postMessage("signed-in");
  root.textContent = texts[currentLocale()].signedIn;
  window.close();
}
