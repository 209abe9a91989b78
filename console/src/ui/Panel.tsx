import { type ReactNode, type SubmitEvent, useId } from "react";
import type { Can } from "../api/permissions";
import { useTexts } from "../i18n";
import { Action } from "./Action";
import { ApiError } from "./ApiError";
import { texts } from "./texts";

type Props = {
  title: string;
  children: ReactNode;
  can: Can;
  onSubmit: () => void;
  pending: boolean;
  error: unknown;
  saved: boolean;
  /** Why it cannot be saved as it is, besides what the reader may. */
  disabled?: boolean;
  action?: string;
};

/** Settings that are saved together. Who may not change them can read them. */
export function Panel({ title, children, can, onSubmit, pending, error, saved, disabled = false, action }: Props) {
  const t = useTexts(texts);
  const id = useId();
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (can.allowed && !disabled && !pending) onSubmit();
  };
  return (
    <section className="card panel" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <form onSubmit={submit}>
        <fieldset className="field" disabled={can.missing !== undefined} aria-labelledby={id}>
          {children}
        </fieldset>
        {error ? <ApiError error={error} /> : null}
        <Action kind="primary" type="submit" can={can} loading={pending} disabled={disabled}>
          {action ?? t.save}
        </Action>{" "}
        <span role="status">{saved ? t.saved : ""}</span>
      </form>
    </section>
  );
}
