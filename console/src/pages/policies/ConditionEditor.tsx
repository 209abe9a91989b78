import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Suspense, lazy, useEffect, useState } from "react";
import { Switch } from "../../access/Switch";
import { call } from "../../api/bridge";
import { useLocale, useTexts } from "../../i18n";
import { count } from "../../i18n/format";
import { Action } from "../../ui/Action";
import { ApiError } from "../../ui/ApiError";
import { fromCondition } from "./builder";
import { ConditionBuilder } from "./ConditionBuilder";
import { editorTexts } from "./editorTexts";

// The editor is as heavy as all the rest of the page, and most policies have no condition.
const CelEditor = lazy(() => import("../../ui/CelEditor"));

const words = ["request.ip", "request.time", "request.user_agent", "resource.id", "resource.name", "resource.locality", "inIpRange(request.ip, \"\")", "has(resource.id)", "getDayOfWeek(\"\")", "getHours(\"\")", "getFullYear(\"\")"];

/** What POST /bailiwick/v1/conditions/check says. */
export type ConditionReport = {
  valid: boolean;
  errors: { message: string; line: number; column: number }[];
  findings: { kind: string; message: string; fix?: string }[];
  cost: number;
};

const delay = 300;

function useLater(value: string): string {
  const [later, setLater] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setLater(value), delay);
    return () => clearTimeout(timer);
  }, [value]);
  return later;
}

function useReport(condition: string) {
  const asked = useLater(condition);
  const query = useQuery({
    queryKey: ["condition", asked],
    // A condition of a product with attributes may read properties; the server says where that is not so.
    queryFn: () => call<ConditionReport>("POST", "/bailiwick/v1/conditions/check", { condition: asked, properties: asked.includes(".properties") }),
    enabled: asked.trim() !== "",
    staleTime: Infinity,
    placeholderData: keepPreviousData,
  });
  // What is said of another text has its places in that one.
  return { ...query, report: asked === condition && !query.isPlaceholderData ? query.data : undefined };
}

function Report({ report, onFix }: { report: ConditionReport; onFix: ((fix: string) => void) | undefined }) {
  const t = useTexts(editorTexts);
  const locale = useLocale();
  if (!report.valid) {
    return (
      <div className="field-error">
        <p>{t.conditionFaults}</p>
        <ul>
          {report.errors.map((fault) => (
            <li key={`${fault.line}:${fault.column}:${fault.message}`}>
              {t.at(fault.line, fault.column)}: <span lang="en">{fault.message}</span>
            </li>
          ))}
        </ul>
      </div>
    );
  }
  return (
    <>
      <p className="soft">
        {t.valid} {t.cost(count(report.cost, locale))}
      </p>
      <ul className="findings">
        {report.findings.map((finding) => (
          <li key={finding.kind + finding.message} className="notice">
            <span lang="en">
              <strong>{finding.kind}</strong>: {finding.message}
            </span>
            {finding.fix && (
              <p>
                {t.fix} <code>{finding.fix}</code>{" "}
                {onFix && (
                  <Action size="small" onClick={() => onFix(finding.fix ?? "")}>
                    {t.useFix}
                  </Action>
                )}
              </p>
            )}
          </li>
        ))}
      </ul>
    </>
  );
}

function Editors({ value, onChange, readOnly, report }: { value: string; onChange: (value: string) => void; readOnly: boolean; report: ConditionReport | undefined }) {
  const t = useTexts(editorTexts);
  const [view, setView] = useState<"builder" | "cel">(() => (fromCondition(value) ? "builder" : "cel"));
  const parts = fromCondition(value);
  return (
    <>
      <Switch
        label={t.condition}
        value={view}
        onChange={setView}
        options={[
          { value: "builder", label: t.builder },
          { value: "cel", label: t.cel },
        ]}
      />
      {view === "cel" && (
        <Suspense fallback={<pre>{value}</pre>}>
          <CelEditor value={value} onChange={onChange} label={t.condition} readOnly={readOnly} faults={report?.errors ?? []} words={words} />
        </Suspense>
      )}
      {view === "builder" && parts && <ConditionBuilder parts={parts} onChange={onChange} />}
      {view === "builder" && !parts && (
        <div>
          <p>{t.foreign}</p>
          <Action size="small" onClick={() => onChange("")}>
            {t.startAnew}
          </Action>
        </div>
      )}
    </>
  );
}

/** The condition of a rule: built, or written as CEL, and checked while it is typed. */
export function ConditionEditor({ value, onChange, readOnly }: { value: string; onChange: (value: string) => void; readOnly: boolean }) {
  const t = useTexts(editorTexts);
  const [open, setOpen] = useState(value !== "");
  const { report, error } = useReport(value);
  if (!open && value === "") {
    return (
      <>
        <p className="field-help">{t.conditionHelp}</p>
        {!readOnly && (
          <Action size="small" onClick={() => setOpen(true)}>
            {t.addCondition}
          </Action>
        )}
      </>
    );
  }
  return (
    <div className="condition">
      <Editors value={value} onChange={onChange} readOnly={readOnly} report={value === "" ? undefined : report} />
      <div role="status" className="report">
        {value.trim() !== "" && !error && (report ? <Report report={report} onFix={readOnly ? undefined : onChange} /> : <p className="soft">{t.checking}</p>)}
        {error && <ApiError error={error} />}
      </div>
    </div>
  );
}
