import type { AuditTrailv1alpha1 } from "@scaleway/sdk-audit-trail";
import { type Names, short } from "../../access/principals";
import { useLocale, useTexts } from "../../i18n";
import { Action } from "../../ui/Action";
import { exactTime } from "./moment";
import { texts } from "./texts";

type Event = AuditTrailv1alpha1.Event;

/** How a request ended. */
export function Result({ status }: { status: number }) {
  const t = useTexts(texts);
  if (status === 403) return <span className="mark mark-bad">{t.refused}</span>;
  if (status >= 200 && status < 300) return <span className="mark mark-good">{t.done}</span>;
  return <span className="mark">{status}</span>;
}

type Props = { events: readonly Event[]; names: Names | undefined; fresh: ReadonlySet<string>; onOpen: (event: Event) => void };

export function EventTable({ events, names, fresh, onOpen }: Props) {
  const t = useTexts(texts);
  const locale = useLocale();
  return (
    <table role="table">
      <caption className="hidden">{t.events}</caption>
      <thead role="rowgroup">
        <tr role="row">
          {[t.when, t.who, t.what, t.on, t.result].map((header) => (
            <th key={header} scope="col">
              {header}
            </th>
          ))}
          <th scope="col">
            <span className="hidden">{t.details}</span>
          </th>
        </tr>
      </thead>
      <tbody role="rowgroup">
        {events.map((event) => (
          <tr key={event.id} role="row" className={fresh.has(event.id) ? "trail-fresh" : undefined}>
            <td role="cell" data-label={t.when}>
              <span className="value">{exactTime(event.recordedAt, locale)}</span>
            </td>
            <td role="cell" data-label={t.who}>
              <span className="value">
                <span dir="auto">{event.principal ? short(names?.get(event.principal.id) ?? event.principal.id) : t.system}</span>
                <span className="soft">{event.sourceIp}</span>
              </span>
            </td>
            <td role="cell" data-label={t.what}>
              <span className="value">
                <code>{event.methodName}</code>
                <span className="soft">{event.productName}</span>
              </span>
            </td>
            <td role="cell" data-label={t.on}>
              <span className="value" dir="auto">
                {short(event.resources.map((resource) => resource.name ?? resource.id).join(", "))}
              </span>
            </td>
            <td role="cell" data-label={t.result}>
              <span className="value">
                <Result status={event.statusCode} />
              </span>
            </td>
            <td role="cell" className="row-actions">
              <Action size="small" label={t.detailsOf(event.methodName, exactTime(event.recordedAt, locale))} onClick={() => onOpen(event)}>
                {t.details}
              </Action>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
