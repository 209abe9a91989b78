import { useState } from "react";
import { useTexts } from "../i18n";
import { Field, SelectField } from "../ui/Field";
import { short } from "./principals";
import { useAllProjects, useProjectSearch } from "./projects";
import { texts } from "./texts";

type Props = {
  label: string;
  value: string;
  onChange: (value: string) => void;
  /** What can be chosen instead of a project. */
  before: readonly { value: string; label: string }[];
};

/** Chooses a project. If there are more than a list can show, they are searched for. */
export function ProjectField({ label, value, onChange, before }: Props) {
  const t = useTexts(texts);
  const [search, setSearch] = useState("");
  const { found, many } = useProjectSearch(search.trim());
  const { data: all = [] } = useAllProjects([value]);
  const chosen = all.find((project) => project.id === value);
  const projects = chosen && !found.some((project) => project.id === value) ? [chosen, ...found] : found;
  return (
    <>
      {many && <Field label={t.searchProject} value={search} onChange={setSearch} type="search" />}
      <SelectField label={label} value={value} onChange={onChange} options={[...before, ...projects.map(({ id, name }) => ({ value: id, label: short(name) }))]} />
    </>
  );
}
