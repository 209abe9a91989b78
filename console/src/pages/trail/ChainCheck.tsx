import { useEffect, useRef, useState } from "react";
import { useConsole } from "../../api/context";
import { useCan } from "../../api/permissions";
import { useLocale, useTexts } from "../../i18n";
import { count } from "../../i18n/format";
import { Action } from "../../ui/Action";
import { ApiError } from "../../ui/ApiError";
import { chains, checkChain, type Finding } from "./chain";
import { texts } from "./texts";

type State = { kind: "idle" } | { kind: "running"; entries: number } | { kind: "done"; findings: Finding[]; at: Date } | { kind: "failed"; error: unknown };

function Badge({ state }: { state: State }) {
  const t = useTexts(texts);
  const locale = useLocale();
  if (state.kind === "running") return <span className="mark">{t.checking(count(state.entries, locale))}</span>;
  if (state.kind !== "done") return <span className="mark">{t.unchecked}</span>;
  if (state.findings.some(({ broken }) => broken !== undefined)) return <span className="mark mark-bad">{t.broken}</span>;
  return <span className="mark mark-good">{t.unbroken}</span>;
}

const nameOf = { events: "chainEvents", authentication_events: "chainLogins", system_events: "chainSystem" } as const;

function Found({ finding }: { finding: Finding }) {
  const t = useTexts(texts);
  const locale = useLocale();
  const n = (value: number) => count(value, locale);
  const { head, broken, removed, erased } = finding;
  return (
    <li>
      <strong>{t[nameOf[finding.chain]]}</strong>: {broken === undefined ? t.fits(n(finding.entries)) : t.brokenAt(n(broken))} {removed > 0 && t.removed(n(removed))}{" "}
      {erased > 0 && t.erased(n(erased))}
      {broken === undefined && (
        <span className="soft">
          {t.head(n(head.sequence))} <code>{head.hash}</code>
        </span>
      )}
    </li>
  );
}

/**
 * Recomputes the hash chains in the browser, and says no more than that. A badge that were green by
 * itself would be worth nothing: the code that shows it comes from the server that it is about.
 */
export function ChainCheck() {
  const t = useTexts(texts);
  const locale = useLocale();
  const can = useCan("audit_trail:event:list");
  const { organizationId } = useConsole();
  const [state, setState] = useState<State>({ kind: "idle" });
  const running = useRef<AbortController>(undefined);
  useEffect(() => () => running.current?.abort(), []);
  const start = async () => {
    const abort = new AbortController();
    running.current = abort;
    let entries = 0;
    const onProgress = (more: number) => {
      entries += more;
      if (!abort.signal.aborted) setState({ kind: "running", entries });
    };
    onProgress(0);
    try {
      const findings: Finding[] = [];
      for (const chain of chains) {
        const finding = await checkChain(organizationId, chain, { onProgress, signal: abort.signal });
        if (!finding) return;
        findings.push(finding);
      }
      setState({ kind: "done", findings, at: new Date() });
    } catch (error) {
      if (!abort.signal.aborted) setState({ kind: "failed", error });
    }
  };
  const cancel = () => {
    running.current?.abort();
    setState({ kind: "idle" });
  };
  const possible = isSecureContext; // browsers compute hashes over https, and on this machine, only
  return (
    <section className="card trail-check" aria-label={t.check}>
      <div className="trail-actions">
        <span role="status">
          <Badge state={state} />
        </span>
        {state.kind === "running" ? (
          <Action size="small" onClick={cancel}>
            {t.cancel}
          </Action>
        ) : (
          <Action size="small" can={can} disabled={!possible} onClick={() => void start()}>
            {t.checkStart}
          </Action>
        )}
      </div>
      {!possible && <p>{t.insecure}</p>}
      {state.kind === "failed" && <ApiError error={state.error} />}
      {state.kind === "done" && (
        <>
          <p>{t.checkedAt(new Intl.DateTimeFormat(locale, { timeStyle: "medium" }).format(state.at))}</p>
          <ul>
            {state.findings.map((finding) => (
              <Found key={finding.chain} finding={finding} />
            ))}
          </ul>
        </>
      )}
      <details>
        <summary>{t.meaning}</summary>
        <p>{t.meaningDone}</p>
        <p>{t.meaningNot}</p>
        <ul>
          <li>{t.notSignature}</li>
          <li>{t.notTail}</li>
          <li>{t.notServer}</li>
        </ul>
        <p>
          {t.meaningHow} <code>bailiwick audit export</code>, <code>bailiwick audit verify</code>
        </p>
      </details>
    </section>
  );
}
