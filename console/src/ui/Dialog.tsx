import { type ReactNode, useEffect, useId, useRef, useState } from "react";

/**
 * A dialog above everything else. It is the browser's own: it keeps the focus, closes on Escape, and
 * several lie above each other in the order in which they were opened. A dialog that its
 * owner leaves there comes back: browsers close any dialog at the second try.
 */
export function Dialog({ title, onClose, children, wide = false }: { title: string; onClose: () => void; children: ReactNode; wide?: boolean }) {
  const element = useRef<HTMLDialogElement>(null);
  const id = useId();
  const [closed, setClosed] = useState(0);
  useEffect(() => {
    const dialog = element.current;
    if (dialog && !dialog.open) dialog.showModal();
  }, [closed]);
  return (
    <dialog
      ref={element}
      aria-labelledby={id}
      className={wide ? "dialog dialog-wide" : "dialog"}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || event.defaultPrevented) return;
        event.preventDefault();
        event.stopPropagation(); // one dialog closes, not all that lie above each other
        onClose();
      }}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClose={() => {
        onClose();
        setClosed((times) => times + 1);
      }}
    >
      <h2 id={id}>{title}</h2>
      {children}
    </dialog>
  );
}
