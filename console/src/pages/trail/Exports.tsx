import type { AuditTrailv1alpha1 } from "@scaleway/sdk-audit-trail";
import { useEffect, useRef, useState } from "react";
import { useConsole } from "../../api/context";
import type { Can } from "../../api/permissions";
import { useLocale, useTexts } from "../../i18n";
import { count } from "../../i18n/format";
import { Action } from "../../ui/Action";
import { ApiError } from "../../ui/ApiError";
import { exportEvents, type Format, formats, maxExported, save } from "./export";
import { texts } from "./texts";

type State = { kind: "idle" } | { kind: "running"; events: number } | { kind: "done"; events: number; cut: boolean } | { kind: "failed"; error: unknown };

/** Writes what the filters leave, on all pages, to a file. */
export function Exports({ request, can }: { request: AuditTrailv1alpha1.ListEventsRequest; can: Can }) {
  const t = useTexts(texts);
  const locale = useLocale();
  const { session } = useConsole();
  const [state, setState] = useState<State>({ kind: "idle" });
  const running = useRef<AbortController>(undefined);
  useEffect(() => () => running.current?.abort(), []);
  const start = async (format: Format) => {
    const abort = new AbortController();
    running.current = abort;
    setState({ kind: "running", events: 0 });
    try {
      const result = await exportEvents(session.region, request, format, { signal: abort.signal, onProgress: (events) => setState({ kind: "running", events }) });
      if (!result) return;
      save(result.file, `audit-trail-${new Date().toISOString().slice(0, 10)}.${format}`);
      setState({ kind: "done", events: result.events, cut: result.cut });
    } catch (error) {
      if (!abort.signal.aborted) setState({ kind: "failed", error });
    }
  };
  const cancel = () => {
    running.current?.abort();
    setState({ kind: "idle" });
  };
  return (
    <>
      {formats.map((format) => (
        <Action key={format} can={can} disabled={state.kind === "running"} onClick={() => void start(format)}>
          {t[format]}
        </Action>
      ))}
      {state.kind === "running" && <Action onClick={cancel}>{t.cancel}</Action>}
      <p role="status" className="trail-export">
        {state.kind === "running" && t.exporting(count(state.events, locale))}
        {state.kind === "done" && (state.cut ? t.exportCut(count(maxExported, locale)) : t.exported(count(state.events, locale)))}
      </p>
      {state.kind === "failed" && <ApiError error={state.error} />}
    </>
  );
}
