import { autocompletion, completeFromList } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { HighlightStyle, StreamLanguage, bracketMatching, syntaxHighlighting } from "@codemirror/language";
import { type Diagnostic, setDiagnostics } from "@codemirror/lint";
import { Compartment, EditorState, type Text } from "@codemirror/state";
import { EditorView, keymap } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { useEffect, useRef } from "react";

/** A fault with its place: lines and columns from 1, columns in code points. */
export type Fault = { message: string; line: number; column: number };

// What every condition can use, whatever it is about.
const functions = ["startsWith(\"\")", "endsWith(\"\")", "contains(\"\")", "matches(\"\")", "true", "false"];

const cel = StreamLanguage.define({
  token(stream) {
    if (stream.match(/^\/\/.*/)) return "comment";
    if (stream.match(/^r?("""[^]*?"""|'''[^]*?'''|"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?)/)) return "string";
    if (stream.match(/^\d[\w.]*/)) return "number";
    if (stream.match(/^(?:true|false|null|in)\b/)) return "keyword";
    if (stream.match(/^(?:request|resource|subject|action)\b/)) return "variableName";
    if (stream.match(/^[A-Za-z_]\w*(?=\s*\()/)) return "typeName";
    if (stream.match(/^[A-Za-z_]\w*/)) return "propertyName";
    stream.next();
    return null;
  },
});

// The colours are those of the console, so that they change with it.
const colours = HighlightStyle.define([
  { tag: tags.comment, color: "var(--soft)", fontStyle: "italic" },
  { tag: tags.string, color: "var(--fault)" },
  { tag: [tags.number, tags.keyword], color: "var(--accent)" },
  { tag: [tags.variableName, tags.typeName], color: "var(--strong)", fontWeight: "600" },
]);

const look = EditorView.theme({
  "&": { backgroundColor: "var(--card)", color: "var(--ink)", border: "1px solid var(--line)", borderRadius: "6px" },
  ".cm-content": { fontFamily: "ui-monospace, Menlo, Consolas, monospace", minHeight: "4.5rem", caretColor: "var(--strong)" },
  ".cm-scroller": { maxHeight: "16rem", overflow: "auto" },
  "&.cm-focused": { outline: "3px solid var(--accent)", outlineOffset: "2px" },
  ".cm-cursor": { borderLeftColor: "var(--strong)" },
  ".cm-tooltip": { backgroundColor: "var(--card)", color: "var(--ink)", border: "1px solid var(--line)" },
  ".cm-lintRange-error": { backgroundImage: "none", textDecoration: "underline wavy var(--fault)" },
});

function nonce(): string {
  return document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? "";
}

/** The place of a fault in the text; a place behind the end is the end. */
export function offsetOf(text: Text, { line, column }: Fault): number {
  const at = text.line(Math.min(Math.max(line, 1), text.lines));
  const before = Array.from(at.text).slice(0, Math.max(column - 1, 0)).join("");
  return at.from + before.length;
}

function diagnostics(text: Text, faults: readonly Fault[]): Diagnostic[] {
  return faults.map((fault) => {
    const from = offsetOf(text, fault);
    // A fault at the end of the text is marked on what is before it.
    const word = /^\w+/.exec(text.sliceString(from))?.[0].length ?? 1;
    return { from: from === text.length ? Math.max(0, from - 1) : from, to: Math.min(text.length, from + word), severity: "error", message: fault.message };
  });
}

type Props = { value: string; onChange: (value: string) => void; label: string; faults: readonly Fault[]; readOnly: boolean; words: readonly string[] };

/** An editor for CEL that marks the places of faults. */
export default function CelEditor({ value, onChange, label, faults, readOnly, words }: Props) {
  const parent = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const changed = useRef(onChange);
  const names = useRef(new Compartment());
  const completion = useRef(new Compartment());
  const first = useRef(value);
  useEffect(() => {
    changed.current = onChange;
  }, [onChange]);
  useEffect(() => {
    if (!parent.current) return undefined;
    const editor = new EditorView({
      parent: parent.current,
      state: EditorState.create({
        doc: first.current,
        extensions: [
          EditorView.cspNonce.of(nonce()),
          EditorView.lineWrapping,
          history(),
          bracketMatching(),
          cel,
          syntaxHighlighting(colours),
          // Tab leaves the editor: who has no mouse must get out of it.
          keymap.of([...defaultKeymap, ...historyKeymap]),
          look,
          names.current.of([]),
          completion.current.of([]),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) changed.current(update.state.doc.toString());
          }),
        ],
      }),
    });
    view.current = editor;
    return () => editor.destroy();
  }, []);
  useEffect(() => {
    view.current?.dispatch({
      effects: names.current.reconfigure([
        EditorView.contentAttributes.of({ "aria-label": label, dir: "ltr" }),
        EditorState.readOnly.of(readOnly),
        EditorView.editable.of(!readOnly),
      ]),
    });
  }, [label, readOnly]);
  useEffect(() => {
    const known = [...words, ...functions].map((word) => ({ label: word }));
    view.current?.dispatch({ effects: completion.current.reconfigure(autocompletion({ override: [completeFromList(known)] })) });
  }, [words]);
  useEffect(() => {
    const editor = view.current;
    if (!editor) return;
    if (editor.state.doc.toString() !== value) editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: value } });
    editor.dispatch(setDiagnostics(editor.state, diagnostics(editor.state.doc, faults)));
  }, [value, faults]);
  return <div ref={parent} className="cel-editor" />;
}
