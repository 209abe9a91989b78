import { Component, type ReactNode, useState } from "react";
import { readSession } from "../api/session";
import { useTexts } from "../i18n";
import { Action } from "../ui/Action";
import { texts } from "./texts";

/** The code of a page could not be had: there is no connection, or the server has a newer console. */
export class LoadError extends Error {}

function Broken({ onRetry }: { onRetry: () => void }) {
  const t = useTexts(texts);
  return (
    <section className="empty" role="alert">
      <h1>{t.broken}</h1>
      <p>{t.brokenText}</p>
      <p>
        <Action kind="primary" onClick={onRetry}>
          {t.retry}
        </Action>{" "}
        <Action onClick={() => location.reload()}>{t.reload}</Action>
      </p>
    </section>
  );
}

/**
 * Browsers remember that a script could not be loaded, so only loading the console again helps. That
 * is not done before the server answers: the browser would show its own page instead.
 */
function Unloaded() {
  const t = useTexts(texts);
  const [tries, setTries] = useState(0);
  const [asks, setAsks] = useState(false);
  const retry = async () => {
    setAsks(true);
    try {
      await readSession();
      location.reload();
    } catch {
      setTries((n) => n + 1);
      setAsks(false);
    }
  };
  return (
    <section className="empty" role="alert">
      <h1>{t.broken}</h1>
      <p>{t.unloaded}</p>
      <p>
        <Action kind="primary" loading={asks} onClick={() => void retry()}>
          {t.retry}
        </Action>
      </p>
      {tries > 0 && <p key={tries}>{t.offline}</p>}
    </section>
  );
}

type State = { error: unknown; failed: boolean };

/** Shows a way on in place of a page that has failed, so that no fault leaves a blank one. */
export class ErrorBoundary extends Component<{ children: ReactNode }, State> {
  override state: State = { error: undefined, failed: false };

  static getDerivedStateFromError(error: unknown): State {
    return { error, failed: true };
  }

  override render() {
    const { failed, error } = this.state;
    if (!failed) return this.props.children;
    return error instanceof LoadError ? <Unloaded /> : <Broken onRetry={() => this.setState({ error: undefined, failed: false })} />;
  }
}
