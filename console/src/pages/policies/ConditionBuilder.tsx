import { useState } from "react";
import { useLocale, useTexts } from "../../i18n";
import { Field, TextField } from "../../ui/Field";
import { type Parts, type Schedule, toCondition } from "./builder";
import { editorTexts } from "./editorTexts";

const sunday = Date.UTC(2024, 0, 7);
const msOfDay = 86_400_000;
const days = [1, 2, 3, 4, 5, 6, 0];

function lines(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

const ownZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

function Hours({ label, value, onChange }: { label: string; value: number; onChange: (value: number) => void }) {
  return <Field label={label} value={String(value)} inputMode="numeric" onChange={(text) => onChange(Math.min(24, Math.max(0, Math.trunc(Number(text)) || 0)))} />;
}

function ScheduleFields({ schedule, onChange }: { schedule: Schedule; onChange: (schedule: Schedule) => void }) {
  const t = useTexts(editorTexts);
  const name = new Intl.DateTimeFormat(useLocale(), { weekday: "short", timeZone: "UTC" });
  const toggle = (day: number) => onChange({ ...schedule, days: schedule.days.includes(day) ? schedule.days.filter((one) => one !== day) : [...schedule.days, day] });
  return (
    <>
      <fieldset className="picker">
        <legend>{t.days}</legend>
        <div className="days">
          {days.map((day) => (
            <label key={day}>
              <input type="checkbox" checked={schedule.days.includes(day)} onChange={() => toggle(day)} /> {name.format(sunday + day * msOfDay)}
            </label>
          ))}
        </div>
      </fieldset>
      <div className="hours">
        <Hours label={t.from} value={schedule.from} onChange={(from) => onChange({ ...schedule, from })} />
        <Hours label={t.to} value={schedule.to} onChange={(to) => onChange({ ...schedule, to })} />
        <Field label={t.zone} value={schedule.zone} onChange={(zone) => onChange({ ...schedule, zone })} />
      </div>
    </>
  );
}

/** Builds a condition of addresses, user agents and times. */
export function ConditionBuilder({ parts, onChange }: { parts: Parts; onChange: (condition: string) => void }) {
  const t = useTexts(editorTexts);
  const [state, setState] = useState({ networks: parts.networks.join("\n"), agents: parts.agents.join("\n"), schedule: parts.schedule });
  const change = (next: typeof state) => {
    setState(next);
    onChange(toCondition({ networks: lines(next.networks), agents: lines(next.agents), schedule: next.schedule }));
  };
  const working: Schedule = { days: [1, 2, 3, 4, 5], from: 8, to: 18, zone: ownZone() };
  return (
    <div className="builder">
      <TextField label={t.networks} help={t.networksHelp} rows={2} value={state.networks} onChange={(networks) => change({ ...state, networks })} />
      <TextField label={t.agents} help={t.agentsHelp} rows={2} value={state.agents} onChange={(agents) => change({ ...state, agents })} />
      <label>
        <input type="checkbox" checked={state.schedule !== undefined} onChange={(event) => change({ ...state, schedule: event.target.checked ? working : undefined })} /> {t.schedule}
      </label>
      {state.schedule && <ScheduleFields schedule={state.schedule} onChange={(schedule) => change({ ...state, schedule })} />}
    </div>
  );
}
