import "../../access/access.css";
import { useSearchParams } from "react-router";
import { Switch } from "../../access/Switch";
import { useTexts } from "../../i18n";
import { Page } from "../../ui/Page";
import { CanView } from "./CanView";
import { GraphView } from "./GraphView";
import { texts } from "./texts";
import { WhatView } from "./WhatView";
import { WhoView } from "./WhoView";

const views = { can: CanView, who: WhoView, what: WhatView, graph: GraphView };
type View = keyof typeof views;

/** Answers who may do what, and why. */
export default function Explorer() {
  const t = useTexts(texts);
  const [params, setParams] = useSearchParams();
  const names: readonly View[] = ["can", "who", "what", "graph"];
  const view = names.find((name) => name === params.get("view")) ?? "can";
  const Shown = views[view];
  return (
    <Page title={t.title}>
      <div className="access">
        <Switch label={t.view} value={view} onChange={(next) => setParams({ view: next }, { replace: true })} options={names.map((name) => ({ value: name, label: t[name] }))} />
        <Shown />
      </div>
    </Page>
  );
}
