import type { ReactNode, SubmitEvent } from "react";
import { useTexts } from "../i18n";
import { Action } from "./Action";
import { ApiError } from "./ApiError";
import { Dialog } from "./Dialog";
import { texts } from "./texts";

type Props = {
  title: string;
  /** The text of the button that sends the form. */
  action: string;
  children: ReactNode;
  onSubmit: () => void;
  onClose: () => void;
  pending?: boolean;
  /** Of the last attempt. The form stays as it is. */
  error?: unknown;
  disabled?: boolean;
  wide?: boolean;
};

/** A form above the page. */
export function FormDialog({ title, action, children, onSubmit, onClose, pending = false, error, disabled = false, wide = false }: Props) {
  const t = useTexts(texts);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (!pending && !disabled) onSubmit();
  };
  return (
    <Dialog title={title} onClose={onClose} wide={wide}>
      <form onSubmit={submit}>
        {children}
        {error ? <ApiError error={error} /> : null}
        <div className="dialog-actions">
          <Action onClick={onClose}>{t.cancel}</Action>
          <Action kind="primary" type="submit" loading={pending} disabled={disabled}>
            {action}
          </Action>
        </div>
      </form>
    </Dialog>
  );
}
