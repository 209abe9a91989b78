import { useId, useState } from "react";
import { useTexts } from "../i18n";
import { ApiError } from "../ui/ApiError";
import { SelectField } from "../ui/Field";
import { type Principal, type PrincipalType, principalTypes, short, usePrincipalSearch } from "./principals";
import { texts } from "./texts";

type Props = {
  legend: string;
  value: Principal | undefined;
  onChange: (value: Principal | undefined) => void;
  /** The kinds to choose from. */
  types?: readonly PrincipalType[];
  /** Whether nobody is a choice, too. */
  nobody?: boolean;
  disabled?: boolean;
};

const rows = 6;

function Search({ type, value, onChange }: { type: PrincipalType; value: Principal | undefined; onChange: (value: Principal) => void }) {
  const t = useTexts(texts);
  const id = useId();
  const [search, setSearch] = useState("");
  const { found, error } = usePrincipalSearch(type, search.trim());
  const label = { user: t.searchUser, group: t.searchGroup, application: t.searchApplication }[type];
  const chosen = value?.type === type ? value : undefined;
  const list = chosen && !found?.some((one) => one.id === chosen.id) ? [chosen, ...(found ?? [])] : (found ?? []);
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        type="search"
        dir="auto"
        value={search}
        onChange={(event) => setSearch(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter") event.preventDefault(); // the form around it is not sent
        }}
      />
      {error && <ApiError error={error} />}
      {list.length > 0 && (
        <select
          aria-label={t.choose}
          size={rows}
          className="picker-list"
          dir="auto"
          value={chosen?.id ?? ""}
          onChange={(event) => {
            const one = list.find((principal) => principal.id === event.target.value);
            if (one) onChange(one);
          }}
        >
          {list.map((one) => (
            <option key={one.id} value={one.id} dir="auto">
              {short(one.name)}
            </option>
          ))}
        </select>
      )}
      {found?.length === 0 && <p role="status">{t.noneFound}</p>}
    </div>
  );
}

/** Chooses a user, a group or an application. */
export function PrincipalPicker({ legend, value, onChange, types = principalTypes, nobody = false, disabled = false }: Props) {
  const t = useTexts(texts);
  const [type, setType] = useState<PrincipalType | "none">(value?.type ?? (nobody ? "none" : (types[0] ?? "user")));
  const options = [...(nobody ? (["none"] as const) : []), ...types].map((one) => ({ value: one, label: t[one] }));
  return (
    <fieldset className="picker" disabled={disabled}>
      <legend>{legend}</legend>
      <SelectField<PrincipalType | "none">
        label={t.kind}
        value={type}
        options={options}
        onChange={(next) => {
          setType(next);
          onChange(undefined);
        }}
      />
      {value && (
        <p>
          {t[value.type]}: <strong dir="auto">{short(value.name, 200)}</strong>
        </p>
      )}
      {type !== "none" && <Search key={type} type={type} value={value} onChange={onChange} />}
    </fieldset>
  );
}
