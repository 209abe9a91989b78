import type { Accountv3 } from "@scaleway/sdk-account";
import { type ReactNode, Suspense, useEffect, useRef } from "react";
import { Link, NavLink, useLocation } from "react-router";
import { signOut, type Session } from "../api/session";
import { locales, setLocale, useLocale, useTexts } from "../i18n";
import { day } from "../i18n/format";
import { Action } from "../ui/Action";
import { ErrorBoundary } from "./ErrorBoundary";
import { groups, routes } from "./routes";
import { Switchers } from "./Switchers";
import { texts } from "./texts";
import { schemes, setScheme, useScheme } from "./theme";

function Navigation() {
  const t = useTexts(texts);
  const locale = useLocale();
  return (
    <nav aria-label={t.navigation}>
      {groups.map((group) => {
        const pages = routes.filter((route) => route.nav?.group === group);
        if (pages.length === 0) return null;
        return (
          <section key={group} aria-labelledby={`nav-${group}`}>
            <h2 id={`nav-${group}`}>{t[group]}</h2>
            <ul>
              {pages.map((route) => (
                <li key={route.path}>
                  <NavLink to={route.path} end={route.path === "/"}>
                    {route.nav?.label[locale]}
                  </NavLink>
                </li>
              ))}
            </ul>
          </section>
        );
      })}
    </nav>
  );
}

function Settings({ session }: { session: Session }) {
  const t = useTexts(texts);
  const locale = useLocale();
  const scheme = useScheme();
  const names = { system: t.themeSystem, light: t.themeLight, dark: t.themeDark };
  return (
    <div className="settings">
      <p dir="auto" className="who">
        {session.user.username || session.user.email}
      </p>
      <label>
        <span>{t.language}</span>
        <select value={locale} onChange={(event) => setLocale(locales.find((one) => one === event.target.value) ?? "en")}>
          <option value="en" lang="en">
            English
          </option>
          <option value="fr" lang="fr">
            Français
          </option>
        </select>
      </label>
      <label>
        <span>{t.theme}</span>
        <select value={scheme} onChange={(event) => setScheme(schemes.find((one) => one === event.target.value) ?? "system")}>
          {schemes.map((one) => (
            <option key={one} value={one}>
              {names[one]}
            </option>
          ))}
        </select>
      </label>
      <Action size="small" onClick={() => void signOut()}>
        {t.signOut}
      </Action>
    </div>
  );
}

function Demands({ session }: { session: Session }) {
  const t = useTexts(texts);
  const locale = useLocale();
  return session.demands.map((demand) => (
    <p key={demand.type} className="demand" role="status">
      {demand.type === "set_mfa" ? t.demandMfa(day(demand.expires_at, locale)) : t.demandPassword(day(demand.expires_at, locale))} <Link to="/console/account">{t.demandAction}</Link>
    </p>
  ));
}

type Props = {
  session: Session;
  projects: readonly Accountv3.Project[];
  project: Accountv3.Project | undefined;
  onProject: (id: string | undefined) => void;
  children: ReactNode;
};

/** What is around every page. On a narrow screen the navigation is behind a button. */
export function Layout({ session, children, ...switchers }: Props) {
  const t = useTexts(texts);
  const { pathname } = useLocation();
  const menu = useRef<HTMLDetailsElement>(null);
  const main = useRef<HTMLElement>(null);
  const before = useRef(pathname);
  useEffect(() => {
    if (before.current === pathname) return;
    before.current = pathname;
    if (menu.current && matchMedia("(max-width: 60rem)").matches) menu.current.open = false;
    main.current?.focus(); // who cannot see that the page has changed is told so
  }, [pathname]);
  return (
    <div className="layout">
      <a className="skip" href="#main">
        {t.skip}
      </a>
      <header className="side">
        <p className="brand">Bailiwick</p>
        <Switchers session={session} {...switchers} />
        <details className="menu" ref={menu} open={!matchMedia("(max-width: 60rem)").matches}>
          <summary>{t.menu}</summary>
          <Navigation />
          <Settings session={session} />
        </details>
      </header>
      <main id="main" ref={main} tabIndex={-1}>
        <Demands session={session} />
        <ErrorBoundary key={pathname}>
          <Suspense fallback={<p role="status">{t.loading}</p>}>{children}</Suspense>
        </ErrorBoundary>
      </main>
    </div>
  );
}
