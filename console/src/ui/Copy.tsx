import { useState } from "react";
import { useTexts } from "../i18n";
import { Action } from "./Action";
import { copyTexts } from "./copy";

/** A button that puts a text on the clipboard, and says whether it could. */
export function Copy({ text, label }: { text: string; label?: string }) {
  const t = useTexts(copyTexts);
  const [done, setDone] = useState<boolean>();
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setDone(true);
    } catch {
      setDone(false); // there is no clipboard without https, and the reader may refuse it
    }
  };
  return (
    <>
      <Action size="small" onClick={() => void copy()} {...(label && { label })}>
        {done ? t.copied : t.copy}
      </Action>
      <span role="status" className={done === false ? "field-error" : "hidden"}>
        {done === undefined ? "" : done ? t.copied : t.refused}
      </span>
    </>
  );
}
