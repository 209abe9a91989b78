import { useState } from "react";
import { useSearchParams } from "react-router";
import { useConsole } from "../../api/context";
import { useTexts } from "../../i18n";
import { Page } from "../../ui/Page";
import { ChainCheck } from "./ChainCheck";
import { EventList } from "./EventList";
import { FilterForm } from "./FilterForm";
import { type Filters, filterNames, projectOf, readFilters } from "./filters";
import { texts } from "./texts";
import "./trail.css";

/** Who did what, when and from where. */
export default function Trail() {
  const t = useTexts(texts);
  const { project, organizationId } = useConsole();
  const [params, setParams] = useSearchParams();
  const [live, setLive] = useState(false);
  const filters = readFilters(params);
  const change = (values: Partial<Filters>) =>
    setParams((before) => {
      for (const name of filterNames) {
        const value = values[name];
        if (value) before.set(name, value);
        else if (value === "") before.delete(name);
      }
      return before;
    });
  const projectId = projectOf(filters, project?.id);
  return (
    <Page title={t.title}>
      <div className="trail">
        <p>{t.intro}</p>
        <ChainCheck />
        <FilterForm filters={filters} onApply={change} />
        <EventList key={JSON.stringify([organizationId, filters, projectId])} filters={filters} projectId={projectId} live={live} onLive={setLive} onFilter={change} />
      </div>
    </Page>
  );
}
