import styles from "./filter.module.css";

type Option = { value: string; label: string };

/** A filter of a table, beside its search. */
export function Filter({ label, value, onChange, options }: { label: string; value: string; onChange: (value: string) => void; options: readonly Option[] }) {
  return (
    <label className={styles["filter"]}>
      <span>{label}</span>
      <select value={value} onChange={(event) => onChange(event.target.value)}>
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    </label>
  );
}
