import { type ReactNode, useId, useLayoutEffect, useRef, useState } from "react";

/**
 * A dialog above everything else. It is the browser's own: it keeps the focus, closes on Escape, and
 * several lie above each other in the order in which they were opened. A dialog that its
 * owner leaves there comes back: browsers close any dialog at the second try. With side it is
 * a drawer at the edge.
 */
export function Dialog({ title, onClose, children, wide = false, side = false }: { title: string; onClose: () => void; children: ReactNode; wide?: boolean; side?: boolean }) {
  const element = useRef<HTMLDialogElement>(null);
  const id = useId();
  const [closed, setClosed] = useState(0);
  const gone = useRef(false);
  useLayoutEffect(() => {
    gone.current = false;
    const dialog = element.current;
    if (dialog && !dialog.open) dialog.showModal();
  }, [closed]);
  // Closed while it is still in the document, the browser gives the focus back to where it was.
  useLayoutEffect(() => {
    const dialog = element.current;
    return () => {
      gone.current = true;
      dialog?.close();
    };
  }, []);
  return (
    <dialog
      ref={element}
      aria-labelledby={id}
      className={`dialog${wide ? " dialog-wide" : ""}${side ? " dialog-side" : ""}`}
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
        if (gone.current) return;
        onClose();
        setClosed((times) => times + 1);
      }}
    >
      <h2 id={id}>{title}</h2>
      {children}
    </dialog>
  );
}
