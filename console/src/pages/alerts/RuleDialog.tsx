import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Suspense, lazy, useMemo, useState } from "react";
import { useConsole } from "../../api/context";
import { faultOf } from "../../api/fault";
import { useCan } from "../../api/permissions";
import { useTexts } from "../../i18n";
import { Action } from "../../ui/Action";
import { ApiError } from "../../ui/ApiError";
import { durationOf, type Unit } from "../../ui/duration";
import { DurationField } from "../../ui/DurationField";
import { Field, SelectField, TextField } from "../../ui/Field";
import { FormDialog } from "../../ui/FormDialog";
import { texts as shared } from "../../ui/texts";
import { type Condition, createRule, fieldNames, queryFaults, severities, type Severity, wouldFire } from "./rules";
import { texts } from "./texts";

const CelEditor = lazy(() => import("../../ui/CelEditor"));

const noFields: readonly string[] = [];

function Query({ value, onChange, said }: { value: string; onChange: (value: string) => void; said: string | undefined }) {
  const t = useTexts(texts);
  const { session, organizationId } = useConsole();
  const place = { region: session.region, organizationId };
  // They are help only: who may not see them can write a query all the same.
  const { data: fields = noFields } = useQuery({ queryKey: ["alert-fields", organizationId], queryFn: () => fieldNames(place), staleTime: Infinity, retry: false });
  const words = useMemo(() => [...fields, 'inIpRange(sourceIp, "")'], [fields]);
  const faults = useMemo(() => queryFaults(said), [said]);
  return (
    <div className="field">
      <p>
        <strong>{t.query}</strong>
      </p>
      <Suspense fallback={<pre>{value}</pre>}>
        <CelEditor value={value} onChange={onChange} label={t.query} readOnly={false} faults={faults} words={words} />
      </Suspense>
      {said && (
        <p className="field-error" role="alert" lang="en">
          {said}
        </p>
      )}
      <p className="field-help">
        {t.queryHelp} {fields.length > 0 && t.fields} <code dir="ltr">{fields.join(", ")}</code>
      </p>
    </div>
  );
}

/** Whether the rule would have fired by now, asked for with a button: it reads thousands of events. */
function Trial({ condition, asked }: { condition: Condition; asked: ReturnType<typeof useTrial> }) {
  const t = useTexts(texts);
  const can = useCan("audit_trail:custom_alert_rule:test");
  return (
    <div className="field">
      <Action can={can} loading={asked.isPending} disabled={condition.query.trim() === ""} onClick={() => asked.mutate(condition)}>
        {t.tryIt}
      </Action>{" "}
      <span role="status">{asked.data === undefined ? "" : asked.data ? t.wouldFire : t.wouldNotFire}</span>
      {asked.error && !faultOf(asked.error).fields["query"] && <ApiError error={asked.error} />}
    </div>
  );
}

function useTrial() {
  const { session, organizationId } = useConsole();
  return useMutation({ mutationFn: (condition: Condition) => wouldFire({ region: session.region, organizationId }, condition) });
}

/** Makes an alert rule of the organization. */
export function RuleDialog({ onClose, onCreated }: { onClose: () => void; onCreated: () => void }) {
  const t = useTexts(texts);
  const s = useTexts(shared);
  const { session, organizationId } = useConsole();
  const cache = useQueryClient();
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const [severity, setSeverity] = useState<Severity>("warning");
  const [query, setQuery] = useState("status == 403");
  const [occurrences, setOccurrences] = useState("1");
  const [span, setSpan] = useState<{ amount: string; unit: Unit }>({ amount: "5", unit: "minutes" });
  const condition = { query, occurrences: Math.trunc(Number(occurrences)) || 0, evaluation_window: durationOf(span.amount, span.unit) };
  const trial = useTrial();
  const save = useMutation({
    mutationFn: () => createRule({ region: session.region, organizationId }, { ...condition, name, description, severity }),
    onSuccess: async () => {
      onCreated();
      await cache.invalidateQueries({ queryKey: ["alert-rules"] });
    },
  });
  const faults = { ...(trial.error && faultOf(trial.error).fields), ...(save.error && faultOf(save.error).fields) };
  const change = <T,>(set: (value: T) => void) => {
    return (value: T) => {
      save.reset();
      trial.reset();
      set(value);
    };
  };
  return (
    <FormDialog title={t.create} action={s.save} onSubmit={() => save.mutate()} onClose={onClose} pending={save.isPending} error={save.error} disabled={name === "" || query.trim() === ""} wide>
      <Field label={t.name} help={t.nameHelp} value={name} onChange={change(setName)} error={faults["name"]} required />
      <TextField label={t.description} optional rows={2} value={description} onChange={change(setDescription)} error={faults["description"]} />
      <Query value={query} onChange={change(setQuery)} said={faults["query"]} />
      <Field label={t.occurrences} help={t.occurrencesHelp} type="number" inputMode="numeric" value={occurrences} onChange={change(setOccurrences)} error={faults["occurrences"]} required />
      <DurationField label={t.window} help={t.windowHelp} {...span} onChange={(amount, unit) => change(setSpan)({ amount, unit })} error={faults["evaluation_window"]} />
      <SelectField label={t.severity} value={severity} onChange={change(setSeverity)} options={severities.map((value) => ({ value, label: t[value] }))} />
      <Trial condition={condition} asked={trial} />
    </FormDialog>
  );
}
