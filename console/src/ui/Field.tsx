import { type InputHTMLAttributes, type ReactNode, useId } from "react";
import { useTexts } from "../i18n";
import { texts } from "./texts";

type Common = { label: string; help?: ReactNode; error?: string | undefined; optional?: boolean };

/** A label with its input, its help and what is wrong with it. */
export function Labelled({ label, help, error, optional = false, id, children }: Common & { id: string; children: ReactNode }) {
  const t = useTexts(texts);
  return (
    <div className="field">
      <label htmlFor={id}>
        {label} {optional && <small>({t.optional})</small>}
      </label>
      {children}
      {error && (
        <p className="field-error" id={`${id}-error`}>
          {error}
        </p>
      )}
      {help && (
        <p className="field-help" id={`${id}-help`}>
          {help}
        </p>
      )}
    </div>
  );
}

/** The ids of what describes an input, for aria-describedby. */
export function describedBy(id: string, help: ReactNode, error: string | undefined): string | undefined {
  return [error && `${id}-error`, help && `${id}-help`].filter(Boolean).join(" ") || undefined;
}

type FieldProps = Common & { value: string; onChange: (value: string) => void } & Pick<
    InputHTMLAttributes<HTMLInputElement>,
    "type" | "autoComplete" | "required" | "maxLength" | "minLength" | "placeholder" | "spellCheck" | "readOnly" | "inputMode"
  >;

/** A line of text. */
export function Field({ label, help, error, optional = false, value, onChange, type = "text", autoComplete = "off", ...rest }: FieldProps) {
  const id = useId();
  return (
    <Labelled label={label} help={help} error={error} optional={optional} id={id}>
      <input
        {...rest}
        id={id}
        type={type}
        dir="auto"
        autoComplete={autoComplete}
        value={value}
        aria-invalid={error ? true : undefined}
        aria-describedby={describedBy(id, help, error)}
        onChange={(event) => onChange(event.target.value)}
      />
    </Labelled>
  );
}

/** Several lines of text. */
export function TextField({ label, help, error, optional = false, value, onChange, rows = 3 }: Common & { value: string; onChange: (value: string) => void; rows?: number }) {
  const id = useId();
  return (
    <Labelled label={label} help={help} error={error} optional={optional} id={id}>
      <textarea
        id={id}
        rows={rows}
        dir="auto"
        value={value}
        aria-invalid={error ? true : undefined}
        aria-describedby={describedBy(id, help, error)}
        onChange={(event) => onChange(event.target.value)}
      />
    </Labelled>
  );
}

/** One of a few values. */
export function SelectField<T extends string>({
  label,
  help,
  error,
  value,
  onChange,
  options,
}: Common & { value: T; onChange: (value: T) => void; options: readonly { value: T; label: string }[] }) {
  const id = useId();
  return (
    <Labelled label={label} help={help} error={error} id={id}>
      <select
        id={id}
        value={value}
        aria-describedby={describedBy(id, help, error)}
        onChange={(event) => {
          const chosen = options.find((option) => option.value === event.target.value);
          if (chosen) onChange(chosen.value);
        }}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    </Labelled>
  );
}
