import createCache from "@emotion/cache";
import { CacheProvider, ThemeProvider } from "@emotion/react";
import { QueryClient, QueryClientProvider, notifyManager } from "@tanstack/react-query";
import { consoleDarkTheme, consoleLightTheme } from "@ultraviolet/themes";
import { type ReactNode, lazy, useEffect, useMemo, useState } from "react";
import { BrowserRouter, Route, Routes } from "react-router";
import { createClients } from "../api/bridge";
import { Context } from "../api/context";
import type { Session } from "../api/session";
import { useLocale } from "../i18n";
import { ErrorBoundary, LoadError } from "./ErrorBoundary";
import { Layout } from "./Layout";
import { type LoadedPage, routes } from "./routes";
import { SessionDialog } from "./SessionDialog";
import { useProjects } from "./Switchers";
import { useDark } from "./theme";

function newPages(first: LoadedPage | undefined) {
  return routes.map(({ path, load }) => ({
    path,
    Page:
      first?.path === path
        ? first.Page
        : lazy(() =>
            load().catch((cause: unknown) => {
              throw new LoadError("a page could not be loaded", { cause });
            }),
          ),
  }));
}

/** What failed with an answer will fail again; what had none may be tried once more. */
function retry(failures: number, error: Error): boolean {
  return failures < 1 && error instanceof TypeError;
}

function newQueryClient(): QueryClient {
  // Answers that come together are shown together: each would otherwise be told, and drawn, in a task of its own.
  notifyManager.setScheduler(queueMicrotask);
  // What the browser thinks of its connection is a guess: a server on this machine is there without one. A call that cannot be made says so, instead of waiting in silence.
  return new QueryClient({ defaultOptions: { queries: { retry, staleTime: 5_000, networkMode: "always" }, mutations: { networkMode: "always" } } });
}

const projectKey = (organizationId: string) => `bailiwick-project-${organizationId}`;

function Signed({ session, first }: { session: Session; first: LoadedPage | undefined }) {
  const [pages] = useState(() => newPages(first));
  const clients = useMemo(() => createClients(session.organization.id, session.region), [session.organization.id, session.region]);
  const [projectId, setProjectId] = useState(() => localStorage.getItem(projectKey(clients.organizationId)) || undefined);
  const { projects, project } = useProjects(clients, projectId);
  const value = useMemo(() => {
    const chooseProject = (id: string | undefined) => {
      localStorage.setItem(projectKey(clients.organizationId), id ?? "");
      setProjectId(id);
    };
    return { ...clients, session, project, chooseProject };
  }, [clients, session, project]);
  return (
    <Context value={value}>
      <Layout session={session} projects={projects} project={project} onProject={value.chooseProject}>
        <Routes>
          {pages.map(({ path, Page }) => (
            <Route key={path} path={path} element={<Page />} />
          ))}
        </Routes>
      </Layout>
      <SessionDialog session={session} />
    </Context>
  );
}

function Looks({ nonce, children }: { nonce: string; children: ReactNode }) {
  const dark = useDark();
  const locale = useLocale();
  const cache = useMemo(() => createCache({ key: "css", nonce }), [nonce]);
  useEffect(() => {
    document.documentElement.dataset["scheme"] = dark ? "dark" : "light";
    document.documentElement.lang = locale;
  }, [dark, locale]);
  return (
    <CacheProvider value={cache}>
      <ThemeProvider theme={dark ? consoleDarkTheme : consoleLightTheme}>{children}</ThemeProvider>
    </CacheProvider>
  );
}

/**
 * The console, for who is signed in. The nonce is that of this answer, for styles that are made here.
 * The first page is there already, unless it is late: one that is waited for shows up only 300 ms after
 * the rest, since React does not let what stands for it flash by.
 */
export function App({ session, nonce, first }: { session: Session; nonce: string; first: LoadedPage | undefined }) {
  const [client] = useState(newQueryClient);
  return (
    <Looks nonce={nonce}>
      <ErrorBoundary>
        <QueryClientProvider client={client}>
          <BrowserRouter>
            <Signed session={session} first={first} />
          </BrowserRouter>
        </QueryClientProvider>
      </ErrorBoundary>
    </Looks>
  );
}
