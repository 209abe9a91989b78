import { useId, useState } from "react";
import { short } from "../../access/principals";
import { useAllProjects, useProjectSearch } from "../../access/projects";
import type { PermissionSet } from "../../api/catalog";
import { useTexts } from "../../i18n";
import { Action } from "../../ui/Action";
import { SelectField } from "../../ui/Field";
import { ConditionEditor } from "./ConditionEditor";
import { type Rule, ruleFault } from "./draft";
import { editorTexts } from "./editorTexts";
import { SetPicker } from "./SetPicker";

type Place = "organization" | "all" | "projects";

function ProjectList({ chosen, onChange }: { chosen: readonly string[]; onChange: (ids: string[]) => void }) {
  const t = useTexts(editorTexts);
  const { data: projects = [] } = useAllProjects(chosen);
  const [search, setSearch] = useState("");
  const id = useId();
  const { found } = useProjectSearch(search.trim());
  const unknown = chosen.filter((one) => !projects.some((project) => project.id === one)).map((one) => ({ id: one, name: t.unknownProject(one) }));
  const others = projects.filter((project) => chosen.includes(project.id) && !found.some((one) => one.id === project.id));
  const list = [...unknown, ...others, ...found];
  return (
    <fieldset className="picker">
      <legend>{t.projects}</legend>
      {projects.length > 8 && <input type="search" aria-label={t.searchProjects} placeholder={t.searchProjects} dir="auto" value={search} onChange={(event) => setSearch(event.target.value)} />}
      <div className="choices" id={id}>
        {list.map((project) => (
          <label key={project.id}>
            <input
              type="checkbox"
              checked={chosen.includes(project.id)}
              onChange={(event) => onChange(event.target.checked ? [...chosen, project.id] : chosen.filter((one) => one !== project.id))}
            />{" "}
            <span dir="auto">{short(project.name)}</span>
          </label>
        ))}
      </div>
      <p role="status" className="field-help">
        {t.projectsChosen(chosen.length)}
      </p>
    </fieldset>
  );
}

type Props = {
  rule: Rule;
  number: number;
  sets: ReadonlyMap<string, PermissionSet>;
  onChange: (rule: Rule) => void;
  onRemove: () => void;
  onCopy: () => void;
  readOnly: boolean;
};

/** Where a rule applies and which kind of permission sets goes there. */
function usePlace({ rule, sets }: Props): { place: Place; setPlace: (place: Place) => void; held: boolean } {
  const [wished, setWished] = useState<Place>("all");
  const kinds = rule.sets.flatMap((name) => sets.get(name)?.scope_type ?? []);
  const held = kinds.length > 0;
  if (rule.scope.kind === "projects") return { place: "projects", setPlace: setWished, held };
  if (held) return { place: kinds[0] === "projects" ? "all" : "organization", setPlace: setWished, held };
  return { place: wished === "projects" ? "all" : wished, setPlace: setWished, held };
}

function Chosen({ rule, sets, onChange }: Pick<Props, "rule" | "sets" | "onChange">) {
  const t = useTexts(editorTexts);
  return (
    <ul className="chosen">
      {rule.sets.map((name) => {
        const set = sets.get(name);
        return (
          <li key={name}>
            <details>
              <summary dir="auto">
                {short(name)} <span className="soft-inline">{set ? t.inside(set.permissions.length) : t.unknownSet}</span>
              </summary>
              <p className="soft" lang="en">
                {set?.description}
              </p>
              <p className="permissions">
                <code>{set?.permissions.join(" ")}</code>
              </p>
            </details>
            <Action size="small" label={t.removeSet(short(name))} onClick={() => onChange({ ...rule, sets: rule.sets.filter((one) => one !== name) })}>
              ×
            </Action>
          </li>
        );
      })}
    </ul>
  );
}

/** One rule of a policy: where, what, and under which condition. */
export function RuleEditor(props: Props) {
  const { rule, number, sets, onChange, onRemove, onCopy, readOnly } = props;
  const t = useTexts(editorTexts);
  const [choosing, setChoosing] = useState(false);
  const { place, setPlace, held } = usePlace(props);
  const fault = ruleFault(rule);
  const helps = { organization: t.scopeOrganizationHelp, all: t.scopeAllHelp, projects: t.scopeProjectsHelp };
  const labels = { organization: t.scopeOrganization, all: t.scopeAll, projects: t.scopeProjects };
  // Sets of projects go to all of them or to some; those of the organization go nowhere else.
  const open: readonly Place[] = !held ? ["organization", "all", "projects"] : place === "organization" ? ["organization"] : ["all", "projects"];
  const move = (to: Place) => {
    setPlace(to);
    onChange({ ...rule, scope: to === "projects" ? { kind: "projects", ids: rule.scope.kind === "projects" ? rule.scope.ids : [] } : { kind: "organization" } });
  };
  return (
    <fieldset className="rule card" disabled={readOnly}>
      <legend>{t.rule(number)}</legend>
      <SelectField<Place>
        label={t.scope}
        value={place}
        onChange={move}
        options={open.map((one) => ({ value: one, label: labels[one] }))}
        help={`${helps[place]}${held ? ` ${t.scopeHeld}` : ""}`}
      />
      {rule.scope.kind === "projects" && <ProjectList chosen={rule.scope.ids} onChange={(ids) => onChange({ ...rule, scope: { kind: "projects", ids } })} />}
      <h3>{t.sets}</h3>
      <Chosen rule={rule} sets={sets} onChange={onChange} />
      <Action label={t.chooseSetsOf(number)} onClick={() => setChoosing(true)}>
        {t.chooseSets}
      </Action>
      {fault && <p className="field-error">{t[fault]}</p>}
      <h3>{t.condition}</h3>
      <ConditionEditor value={rule.condition} onChange={(condition) => onChange({ ...rule, condition })} readOnly={readOnly} />
      {!readOnly && (
        <div className="rule-actions">
          <Action size="small" label={t.copyRule(number)} onClick={onCopy}>
            {t.copy}
          </Action>
          <Action size="small" label={t.removeRule(number)} onClick={onRemove}>
            {t.remove}
          </Action>
        </div>
      )}
      {choosing && (
        <SetPicker
          title={t.chooseSetsOf(number)}
          catalog={[...sets.values()]}
          chosen={rule.sets}
          kind={place === "organization" ? "organization" : "projects"}
          onChange={(names) => onChange({ ...rule, sets: names })}
          onClose={() => setChoosing(false)}
        />
      )}
    </fieldset>
  );
}
