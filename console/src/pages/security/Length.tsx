import { useLocale } from "../../i18n";
import { length } from "../../i18n/format";
import { SelectField } from "../../ui/Field";

type Props = { label: string; help?: string; error?: string | undefined; offered: readonly number[]; none?: string; value: number; onChange: (seconds: number) => void };

/** A length of time, of a few that are offered or the one that is set. In seconds; 0 is what none says. */
export function Length({ offered, none, value, onChange, ...field }: Props) {
  const locale = useLocale();
  const all = [...new Set([...offered, value])].sort((a, b) => a - b);
  return (
    <SelectField
      {...field}
      value={String(value)}
      onChange={(chosen) => onChange(Number(chosen))}
      options={all.map((seconds) => ({ value: String(seconds), label: seconds === 0 && none ? none : length(seconds, locale) }))}
    />
  );
}
