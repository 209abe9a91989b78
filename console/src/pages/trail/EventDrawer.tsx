import type { AuditTrailv1alpha1 } from "@scaleway/sdk-audit-trail";
import type { ReactNode } from "react";
import { useLocale, useTexts } from "../../i18n";
import { Action } from "../../ui/Action";
import { Dialog } from "../../ui/Dialog";
import { Result } from "./EventTable";
import type { Filters } from "./filters";
import { exactTime } from "./moment";
import { texts } from "./texts";

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd dir="auto">{children}</dd>
    </div>
  );
}

type Props = { event: AuditTrailv1alpha1.Event; name: string | undefined; onClose: () => void; onFilter: (filters: Partial<Filters>) => void };

/** Everything that an event says. */
export function EventDrawer({ event, name, onClose, onFilter }: Props) {
  const t = useTexts(texts);
  const locale = useLocale();
  const { principal } = event;
  const body = Object.keys(event.requestBody ?? {}).length > 0 ? JSON.stringify(event.requestBody, null, 2) : undefined;
  const only = (label: string, filters: Partial<Filters>, of: string) => (
    <Action size="small" label={`${label}: ${of}`} onClick={() => onFilter(filters)}>
      {label}
    </Action>
  );
  return (
    <Dialog title={event.methodName} onClose={onClose} side>
      <dl className="trail-facts">
        <Fact label={t.result}>
          <Result status={event.statusCode} /> <span className="soft">{event.statusCode}</span>
        </Fact>
        <Fact label={t.when}>
          {exactTime(event.recordedAt, locale)} <span className="soft">{event.recordedAt?.toISOString()}</span>
        </Fact>
        <Fact label={t.who}>
          {name ?? (principal ? "" : t.system)} {principal && <code>{principal.id}</code>} {principal && only(t.onlyThese, { principal: principal.id }, t.who)}
        </Fact>
        <Fact label={t.ip}>
          {event.sourceIp || "–"} {event.sourceIp && only(t.onlyThese, { ip: event.sourceIp }, t.ip)}
        </Fact>
        <Fact label={t.agent}>{event.userAgent ?? "–"}</Fact>
        <Fact label={t.what}>
          <code>{event.productName}</code> <code>{event.serviceName}</code> <code>{event.methodName}</code> {only(t.onlyThese, { method: event.methodName }, t.method)}
        </Fact>
        {event.projectId && (
          <Fact label={t.project}>
            <code>{event.projectId}</code> {only(t.onlyThese, { project: event.projectId }, t.project)}
          </Fact>
        )}
        {event.resources.map((resource) => (
          <Fact key={`${resource.type} ${resource.id}`} label={t.on}>
            {resource.name} <code>{resource.type}</code> <code>{resource.id}</code> {resource.id && only(t.onlyThese, { resource: resource.id, type: resource.type }, resource.name ?? resource.id)}
          </Fact>
        ))}
        <Fact label={t.request}>
          <code>{event.requestId}</code>
        </Fact>
        <Fact label={t.eventId}>
          <code>{event.id}</code>
        </Fact>
      </dl>
      <h3 id="trail-body">{t.body}</h3>
      {body ? (
        <pre role="region" aria-labelledby="trail-body" tabIndex={0} dir="ltr">
          {body}
        </pre>
      ) : (
        <p>{t.noBody}</p>
      )}
      <p className="field-help">{t.bodyHelp}</p>
      <div className="dialog-actions">
        <Action kind="primary" onClick={onClose}>
          {t.close}
        </Action>
      </div>
    </Dialog>
  );
}
