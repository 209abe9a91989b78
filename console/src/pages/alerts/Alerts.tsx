import "../../access/access.css";
import { useState } from "react";
import { Link, useSearchParams } from "react-router";
import { Switch } from "../../access/Switch";
import { useCan } from "../../api/permissions";
import { useTexts } from "../../i18n";
import { Action } from "../../ui/Action";
import { Page } from "../../ui/Page";
import { Delivery } from "./Delivery";
import { RuleDialog } from "./RuleDialog";
import { RuleTable } from "./RuleTable";
import { texts } from "./texts";

const views = ["alert-rules", "custom-alert-rules", "delivery"] as const;
type View = (typeof views)[number];

/** What the organization is told of as it happens, and where. */
export default function Alerts() {
  const t = useTexts(texts);
  const [params, setParams] = useSearchParams();
  const [creates, setCreates] = useState(false);
  const mayCreate = useCan("audit_trail:custom_alert_rule:create");
  const view = views.find((one) => one === params.get("view")) ?? "alert-rules";
  const turn = (to: View) => setParams(to === "alert-rules" ? {} : { view: to }, { replace: true });
  const create = (
    <Action kind="primary" can={mayCreate} onClick={() => setCreates(true)}>
      {t.create}
    </Action>
  );
  return (
    <Page title={t.title} actions={create}>
      <p>
        {t.intro} <Link to="/console/audit-trail">{t.toTrail}</Link>.
      </p>
      <div className="access">
        <Switch label={t.title} value={view} onChange={turn} options={views.map((value) => ({ value, label: t[value] }))} />
      </div>
      {view === "delivery" ? <Delivery /> : <RuleTable key={view} kind={view} create={create} />}
      {creates && (
        <RuleDialog
          onClose={() => setCreates(false)}
          onCreated={() => {
            setCreates(false);
            turn("custom-alert-rules");
          }}
        />
      )}
    </Page>
  );
}
