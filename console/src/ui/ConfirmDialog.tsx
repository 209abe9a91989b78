import { type SubmitEvent, type ReactNode, useState } from "react";
import { useTexts } from "../i18n";
import { Action } from "./Action";
import { ApiError } from "./ApiError";
import { Dialog } from "./Dialog";
import { Field } from "./Field";
import { texts } from "./texts";

type Props = {
  title: string;
  /** What will happen. */
  children: ReactNode;
  /** What has to be typed: the name of what will be gone. */
  word: string;
  /** The text of the button; "Delete" when there is none. */
  action?: string;
  onConfirm: () => void;
  onClose: () => void;
  pending?: boolean;
  error?: unknown;
};

/** Asks before something that cannot be undone. */
export function ConfirmDialog({ title, children, word, action, onConfirm, onClose, pending = false, error }: Props) {
  const t = useTexts(texts);
  const [typed, setTyped] = useState("");
  // Names may be long, and have characters that nobody can type: their beginning is enough.
  const wanted = word.length > 60 ? word.slice(0, 60) : word;
  const right = typed.trim() === wanted.trim();
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (right && !pending) onConfirm();
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form onSubmit={submit}>
        <div>{children}</div>
        <Field label={t.typeToConfirm(wanted)} value={typed} onChange={setTyped} />
        {error ? <ApiError error={error} /> : null}
        <div className="dialog-actions">
          <Action onClick={onClose}>{t.cancel}</Action>
          <Action kind="danger" type="submit" disabled={!right} loading={pending}>
            {action ?? t.delete}
          </Action>
        </div>
      </form>
    </Dialog>
  );
}
