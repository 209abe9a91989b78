import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useTexts } from "../i18n";
import { ApiError } from "./ApiError";
import { Field, SelectField } from "./Field";
import { texts } from "./texts";

const delay = 250;

type Props = {
  label: string;
  searchLabel: string;
  /** Begins the key in the cache. */
  queryKey: readonly unknown[];
  /** The first few objects whose name holds a text. */
  load: (search: string) => Promise<{ value: string; label: string }[]>;
  value: string;
  onChange: (value: string) => void;
  /** What stands for no choice. */
  none: string;
  help?: string;
  error?: string | undefined;
};

/** One object of a list that may be long: the server searches. */
export function Chooser({ label, searchLabel, queryKey, load, value, onChange, none, help, error }: Props) {
  const t = useTexts(texts);
  const [typed, setTyped] = useState("");
  const [search, setSearch] = useState("");
  const [chosen, setChosen] = useState<{ value: string; label: string }>();
  useEffect(() => {
    const timer = setTimeout(() => setSearch(typed.trim()), delay);
    return () => clearTimeout(timer);
  }, [typed]);
  const found = useQuery({ queryKey: [...queryKey, "choose", search], queryFn: () => load(search) });
  const options = [{ value: "", label: found.isPending ? t.loading : none }, ...(found.data ?? [])];
  // What was chosen stays there when the search does not find it any more.
  if (value !== "" && !options.some((option) => option.value === value)) options.push(chosen?.value === value ? chosen : { value, label: value });
  return (
    <>
      <Field label={searchLabel} type="search" value={typed} onChange={setTyped} optional />
      <SelectField
        label={label}
        value={value}
        onChange={(next) => {
          setChosen(options.find((option) => option.value === next));
          onChange(next);
        }}
        options={options}
        help={help}
        error={error}
      />
      {found.error && <ApiError error={found.error} onRetry={() => void found.refetch()} />}
    </>
  );
}
