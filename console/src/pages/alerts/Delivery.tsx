import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { call } from "../../api/bridge";
import { useConsole } from "../../api/context";
import { faultOf } from "../../api/fault";
import { useCan } from "../../api/permissions";
import { useTexts } from "../../i18n";
import { ApiError } from "../../ui/ApiError";
import { Check } from "../../ui/Check";
import { Copy } from "../../ui/Copy";
import { Field, TextField } from "../../ui/Field";
import { Panel } from "../../ui/Panel";
import { texts as shared } from "../../ui/texts";
import { texts } from "./texts";

const path = "/bailiwick/v1/alert-delivery";

type AlertDelivery = { emails: string[]; webhook_url: string; webhook_secret: string | null };

const addresses = (text: string) => text.split(/[\s,;]+/).filter(Boolean);

function Form({ delivery }: { delivery: AlertDelivery }) {
  const t = useTexts(texts);
  const { organizationId } = useConsole();
  const cache = useQueryClient();
  const can = useCan("audit_trail:alert_rule:write");
  const [emails, setEmails] = useState(delivery.emails.join("\n"));
  const [url, setURL] = useState(delivery.webhook_url);
  const [rotate, setRotate] = useState(false);
  const save = useMutation({
    mutationFn: () => call<AlertDelivery>("PUT", path, { organization_id: organizationId, emails: addresses(emails), webhook_url: url.trim(), rotate_secret: rotate && url.trim() === delivery.webhook_url }),
    onSuccess: (answer) => {
      setRotate(false);
      // The secret stays in this form alone.
      cache.setQueryData(["alert-delivery", organizationId], { ...answer, webhook_secret: null });
    },
  });
  const fields = save.error ? faultOf(save.error).fields : {};
  const fault = (name: string) => Object.entries(fields).find(([at]) => at.startsWith(name))?.[1];
  const secret = save.data?.webhook_secret;
  return (
    <>
      <Panel title={t.delivery} can={can} onSubmit={() => save.mutate()} pending={save.isPending} error={save.error} saved={save.isSuccess}>
        <p>{t.deliveryText}</p>
        <TextField label={t.emails} help={t.emailsHelp} optional value={emails} onChange={setEmails} error={fault("emails")} />
        <Field label={t.webhook} help={t.webhookHelp} optional type="url" value={url} onChange={setURL} error={fault("webhook_url")} />
        {delivery.webhook_url !== "" && url.trim() === delivery.webhook_url && <Check label={t.rotate} checked={rotate} onChange={setRotate} />}
      </Panel>
      {secret && (
        <section className="card panel" aria-labelledby="webhook-secret">
          <h2 id="webhook-secret">{t.secret}</h2>
          <p>{t.secretText}</p>
          <p>
            <code>{secret}</code> <Copy text={secret} />
          </p>
        </section>
      )}
    </>
  );
}

/** Where the alerts of the organization go. */
export function Delivery() {
  const s = useTexts(shared);
  const { organizationId } = useConsole();
  const { data, error, refetch } = useQuery({ queryKey: ["alert-delivery", organizationId], queryFn: () => call<AlertDelivery>("GET", `${path}?organization_id=${organizationId}`) });
  if (data) return <Form delivery={data} />;
  return error ? <ApiError error={error} onRetry={() => void refetch()} /> : <p role="status">{s.loading}</p>;
}
