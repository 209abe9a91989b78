import { Component, type ReactNode } from "react";
import { useTexts } from "../i18n";
import { Action } from "../ui/Action";
import { texts } from "./texts";

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

/** Shows a way on in place of a page that has failed, so that no fault leaves a blank one. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    return this.state.failed ? <Broken onRetry={() => this.setState({ failed: false })} /> : this.props.children;
  }
}
