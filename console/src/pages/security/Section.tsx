import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, type SubmitEvent, useId } from "react";
import { type Can } from "../../api/permissions";
import { useTexts } from "../../i18n";
import { Action } from "../../ui/Action";
import { ApiError } from "../../ui/ApiError";
import { texts as shared } from "../../ui/texts";
import styles from "./security.module.css";
import { texts } from "./texts";

/** Saves a part of the settings, and reads all of them again: also after a failure, for what others changed. */
export function useSave(save: () => Promise<unknown>) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: save,
    onSettled: () => Promise.all(["security", "security-settings"].map((name) => cache.invalidateQueries({ queryKey: [name] }))),
  });
}

type Props = {
  title: string;
  text: string;
  can: Can;
  saving: ReturnType<typeof useSave>;
  /** There is nothing to save. */
  unchanged: boolean;
  children: ReactNode;
};

/** A part of the settings, which is saved by itself. */
export function Section({ title, text, can, saving, unchanged, children }: Props) {
  const t = useTexts(texts);
  const s = useTexts(shared);
  const id = useId();
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (!saving.isPending && !unchanged) saving.mutate();
  };
  return (
    <section className={`card ${styles["section"]}`} aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <p className="soft">{text}</p>
      <form onSubmit={submit}>
        <fieldset className={styles["fields"]} disabled={!can.allowed}>
          {children}
        </fieldset>
        {saving.error && <ApiError error={saving.error} />}
        <Action kind="primary" type="submit" can={can} disabled={unchanged} loading={saving.isPending}>
          {s.save}
        </Action>{" "}
        {saving.isSuccess && unchanged && <span role="status">{t.saved}</span>}
      </form>
    </section>
  );
}

/** A box to tick, with its label. */
export function Check({ label, checked, onChange, disabled = false }: { label: string; checked: boolean; onChange: (checked: boolean) => void; disabled?: boolean }) {
  return (
    <label className="check">
      <input type="checkbox" checked={checked} disabled={disabled} onChange={(event) => onChange(event.target.checked)} />
      <span>{label}</span>
    </label>
  );
}
