import { useQuery } from "@tanstack/react-query";
import { loadActors } from "../../access/principals";
import { useConsole } from "../../api/context";
import { useLocale, useTexts } from "../../i18n";
import { dateTime } from "../../i18n/format";
import { ApiError } from "../../ui/ApiError";
import { texts } from "./texts";

const shown = 8;

/** What was changed last. */
export function Events() {
  const t = useTexts(texts);
  const locale = useLocale();
  const { trail, iam, organizationId } = useConsole();
  const { data, error } = useQuery({
    queryKey: ["last-events", organizationId],
    queryFn: async () => {
      const { events } = await trail.listEvents({ organizationId, pageSize: shown, orderBy: "recorded_at_desc" });
      return { events, names: await loadActors(iam, events) };
    },
  });
  return (
    <section aria-labelledby="events">
      <h2 id="events">{t.events}</h2>
      {error && <ApiError error={error} />}
      {data?.events.length === 0 && <p>{t.noEvents}</p>}
      {data && data.events.length > 0 && (
        <table role="table">
          <caption className="hidden">{t.events}</caption>
          <thead role="rowgroup">
            <tr role="row">
              <th scope="col">{t.when}</th>
              <th scope="col">{t.who}</th>
              <th scope="col">{t.what}</th>
              <th scope="col">{t.on}</th>
            </tr>
          </thead>
          <tbody role="rowgroup">
            {data.events.map((event) => (
              <tr key={event.id} role="row">
                <td role="cell" data-label={t.when}>
                  {dateTime(event.recordedAt, locale)}
                </td>
                <td role="cell" data-label={t.who}>
                  <span dir="auto">{event.principal ? (data.names.get(event.principal.id) ?? event.principal.id) : t.system}</span>
                </td>
                <td role="cell" data-label={t.what}>
                  <code>{event.methodName}</code>
                </td>
                <td role="cell" data-label={t.on}>
                  <span dir="auto">{event.resources.map((resource) => resource.name ?? resource.id).join(", ")}</span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
