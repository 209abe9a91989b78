import { useId } from "react";

type Props = { label: string; help?: string; checked: boolean; onChange: (checked: boolean) => void; disabled?: boolean };

/** Something that is on or off. */
export function Check({ label, help, checked, onChange, disabled = false }: Props) {
  const id = useId();
  return (
    <div className="check">
      <input id={id} type="checkbox" checked={checked} disabled={disabled} aria-describedby={help ? `${id}-help` : undefined} onChange={(event) => onChange(event.target.checked)} />
      <span>
        <label htmlFor={id}>{label}</label>
        {help && (
          <span className="soft" id={`${id}-help`}>
            {help}
          </span>
        )}
      </span>
    </div>
  );
}
