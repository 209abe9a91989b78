import { useId } from "react";
import { useTexts } from "../i18n";
import { describedBy, Labelled } from "./Field";
import { type Unit, units } from "./duration";
import { durationTexts } from "./duration";

type Props = {
  label: string;
  help?: string;
  error?: string | undefined;
  /** The number as it was typed. */
  amount: string;
  unit: Unit;
  onChange: (amount: string, unit: Unit) => void;
};

/** A span of time: a number, and what it counts. */
export function DurationField({ label, help, error, amount, unit, onChange }: Props) {
  const t = useTexts(durationTexts);
  const id = useId();
  return (
    <Labelled label={label} help={help} error={error} id={id}>
      <span className="field-row">
        <input
          id={id}
          type="number"
          min="1"
          step="1"
          required
          value={amount}
          aria-invalid={error ? true : undefined}
          aria-describedby={describedBy(id, help, error)}
          onChange={(event) => onChange(event.target.value, unit)}
        />
        <select
          aria-label={t.unitOf(label)}
          value={unit}
          onChange={(event) => {
            const chosen = units.find((one) => one === event.target.value);
            if (chosen) onChange(amount, chosen);
          }}
        >
          {units.map((one) => (
            <option key={one} value={one}>
              {t[one]}
            </option>
          ))}
        </select>
      </span>
    </Labelled>
  );
}
