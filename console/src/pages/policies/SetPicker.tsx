import { useMemo, useState } from "react";
import type { PermissionSet } from "../../api/catalog";
import { useTexts } from "../../i18n";
import { Action } from "../../ui/Action";
import { Dialog } from "../../ui/Dialog";
import { editorTexts } from "./editorTexts";

type Kind = PermissionSet["scope_type"];

function matches(set: PermissionSet, search: string): boolean {
  const part = search.toLowerCase();
  return [set.name, set.description, set.category, ...set.permissions].some((text) => text.toLowerCase().includes(part));
}

function grouped(sets: readonly PermissionSet[]): [string, PermissionSet[]][] {
  const groups = new Map<string, PermissionSet[]>();
  for (const set of sets) groups.set(set.category, [...(groups.get(set.category) ?? []), set]);
  return [...groups].toSorted(([a], [b]) => a.localeCompare(b));
}

function Line({ set, chosen, fits, onToggle }: { set: PermissionSet; chosen: boolean; fits: boolean; onToggle: () => void }) {
  const t = useTexts(editorTexts);
  return (
    <li className="set">
      <label>
        <input type="checkbox" checked={chosen} disabled={!fits && !chosen} onChange={onToggle} /> <strong>{set.name}</strong>
      </label>
      <span className="soft" lang="en">
        {set.description}
      </span>
      {!fits && <span className="soft">{t.otherKind}</span>}
      <details>
        <summary>{t.inside(set.permissions.length)}</summary>
        <ul className="permissions">
          {set.permissions.map((permission) => (
            <li key={permission}>
              <code>{permission}</code>
            </li>
          ))}
        </ul>
      </details>
    </li>
  );
}

type Props = {
  title: string;
  catalog: readonly PermissionSet[];
  chosen: readonly string[];
  /** Of what kind the sets of this rule must be. */
  kind: Kind;
  onChange: (sets: string[]) => void;
  onClose: () => void;
};

/** The permission sets of the catalogue by product, with what is in each. */
export function SetPicker({ title, catalog, chosen, kind, onChange, onClose }: Props) {
  const t = useTexts(editorTexts);
  const [search, setSearch] = useState("");
  const found = useMemo(() => catalog.filter((set) => set.scope_type === kind && matches(set, search.trim())), [catalog, kind, search]);
  // A set of another kind that is there already can still be taken out.
  const foreign = catalog.filter((set) => set.scope_type !== kind && chosen.includes(set.name));
  const toggle = (name: string) => onChange(chosen.includes(name) ? chosen.filter((one) => one !== name) : [...chosen, name]);
  const groups = grouped([...foreign, ...found]);
  return (
    <Dialog title={title} onClose={onClose} wide>
      <input type="search" aria-label={t.searchSets} placeholder={t.searchSets} value={search} onChange={(event) => setSearch(event.target.value)} />
      <p role="status" className="soft">
        {t.found(found.length)}
      </p>
      <div className="set-groups">
        {groups.map(([category, sets]) => (
          <details key={category} open={search.trim() !== "" || groups.length < 4 || sets.some((set) => chosen.includes(set.name))}>
            <summary>
              {category} <span className="soft-inline">({sets.length})</span>
            </summary>
            <ul>
              {sets.map((set) => (
                <Line key={set.name} set={set} chosen={chosen.includes(set.name)} fits={set.scope_type === kind} onToggle={() => toggle(set.name)} />
              ))}
            </ul>
          </details>
        ))}
      </div>
      <div className="dialog-actions">
        <Action kind="primary" onClick={onClose}>
          {t.done}
        </Action>
      </div>
    </Dialog>
  );
}
