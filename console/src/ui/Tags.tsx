import { type KeyboardEvent, useId, useState } from "react";
import { useTexts } from "../i18n";
import { Action } from "./Action";
import { tagFault, tagTexts } from "./tags";

/** The tags of an object, to look at. */
export function Tags({ tags }: { tags: readonly string[] }) {
  return (
    <span className="tags">
      {tags.map((tag) => (
        <span key={tag} className="tag" dir="auto">
          {tag}
        </span>
      ))}
    </span>
  );
}

/** The tags of an object, to change; their rules are shown, and kept. */
export function TagsField({ value, onChange }: { value: readonly string[]; onChange: (tags: string[]) => void }) {
  const t = useTexts(tagTexts);
  const id = useId();
  const [typed, setTyped] = useState("");
  const tag = typed.trim();
  const fault = tag === "" ? undefined : tagFault(tag, value);
  const add = () => {
    if (tag === "" || fault) return;
    onChange([...value, tag]);
    setTyped("");
  };
  const keyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter") return;
    event.preventDefault(); // the form is not sent yet
    add();
  };
  return (
    <div className="field">
      <label htmlFor={id}>{t.tags}</label>
      <span className="tags">
        {value.map((one) => (
          <button key={one} type="button" className="tag" aria-label={t.remove(one)} onClick={() => onChange(value.filter((other) => other !== one))}>
            {one} <span aria-hidden="true">×</span>
          </button>
        ))}
      </span>
      <span className="field-row">
        <input
          id={id}
          value={typed}
          dir="auto"
          autoComplete="off"
          aria-invalid={fault ? true : undefined}
          aria-describedby={`${id}-help${fault ? ` ${id}-error` : ""}`}
          onChange={(event) => setTyped(event.target.value)}
          onKeyDown={keyDown}
        />
        <Action onClick={add} disabled={tag === "" || fault !== undefined}>
          {t.add}
        </Action>
      </span>
      {fault && (
        <p className="field-error" id={`${id}-error`}>
          {t[fault]}
        </p>
      )}
      <p className="field-help" id={`${id}-help`}>
        {t.help}
      </p>
    </div>
  );
}
