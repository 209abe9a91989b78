import type { AuditTrailv1alpha1 } from "@scaleway/sdk-audit-trail";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { loadActors } from "../../access/principals";
import { useConsole } from "../../api/context";
import { useCan } from "../../api/permissions";
import { useSessionEnded } from "../../api/ended";
import { useLocale, useTexts } from "../../i18n";
import { count } from "../../i18n/format";
import { Action } from "../../ui/Action";
import { ApiError } from "../../ui/ApiError";
import { EmptyState } from "../../ui/Page";
import { EventDrawer } from "./EventDrawer";
import { EventTable } from "./EventTable";
import { Exports } from "./Exports";
import { type Filters, rangeOf, requestOf, type Window, windowOf } from "./filters";
import { texts } from "./texts";

const pageSize = 50;
const liveInterval = 2000;

/** Where the list is: its time, and the tokens of the pages behind the first one. */
type Place = { readonly window: Window; readonly tokens: readonly string[] };

function useNames(events: readonly AuditTrailv1alpha1.Event[]) {
  const { iam, organizationId } = useConsole();
  const ids = [...new Set(events.flatMap((event) => event.principal?.id ?? []))].toSorted();
  const { data } = useQuery({
    queryKey: ["trail-names", organizationId, ids],
    queryFn: () => loadActors(iam, events),
    enabled: ids.length > 0,
    staleTime: 60_000,
    placeholderData: keepPreviousData,
  });
  return data;
}

type Props = { filters: Filters; projectId: string | undefined; live: boolean; onLive: (live: boolean) => void; onFilter: (filters: Partial<Filters>) => void };

/** The events that the filters leave, newest first. */
export function EventList({ filters, projectId, live, onLive, onFilter }: Props) {
  const t = useTexts(texts);
  const locale = useLocale();
  const can = useCan("audit_trail:event:list");
  const { trail, organizationId } = useConsole();
  const ended = useSessionEnded();
  const [place, setPlace] = useState<Place>(() => ({ window: windowOf(filters), tokens: [] }));
  const [opened, setOpened] = useState<AuditTrailv1alpha1.Event>();
  const [known, setKnown] = useState<ReadonlySet<string>>();
  const token = place.tokens.at(-1);
  const request = requestOf(filters, place.window, organizationId, projectId);
  const tails = live && !token && !place.window.before;
  const { data, error, refetch, isFetching } = useQuery({
    queryKey: ["trail-events", request, token],
    queryFn: () => trail.listEvents({ ...request, pageSize, ...(token && { pageToken: token }) }),
    placeholderData: keepPreviousData,
    // It stops by itself while the tab is hidden, and after an error: a refusal stays one.
    refetchInterval: (query) => tails && !ended && query.state.status !== "error" && liveInterval,
  });
  const events = data?.events ?? [];
  const names = useNames(events);
  const fresh = new Set(tails && known ? events.filter((event) => !known.has(event.id)).map((event) => event.id) : []);
  const next = data?.nextPageToken;
  const begin = () => setPlace({ window: windowOf(filters), tokens: [] });
  const toggle = () => {
    setKnown(new Set(events.map((event) => event.id)));
    if (!live) begin();
    onLive(!live);
  };
  return (
    <section aria-label={t.events} aria-busy={isFetching && !tails}>
      <div className="trail-actions">
        <Action onClick={toggle} can={can} disabled={place.window.before !== undefined} kind={live ? "primary" : "secondary"}>
          {live ? t.liveStop : t.liveStart}
        </Action>
        <Action onClick={begin} can={can}>
          {t.refresh}
        </Action>
        <Exports request={request} can={can} />
      </div>
      <p role="status" className="trail-live">
        {tails && !error && (known ? t.liveNew(count(fresh.size, locale)) : t.liveOn)}
      </p>
      {error && <ApiError error={error} onRetry={() => void refetch()} />}
      {!data && !error && <p role="status">{t.loading}</p>}
      {data && events.length === 0 && (
        <EmptyState title={t.none} action={rangeOf(filters) !== "all" && <Action onClick={() => onFilter({ range: "all", from: "", to: "" })}>{t.searchAll}</Action>}>
          {t.noneText}
        </EmptyState>
      )}
      {events.length > 0 && <EventTable events={events} names={names} fresh={fresh} onOpen={setOpened} />}
      {(next || token) && (
        <nav className="pages" aria-label={t.pages}>
          <span role="status">{t.page(count(place.tokens.length + 1, locale))}</span>
          <Action size="small" disabled={!token} onClick={() => setPlace((now) => ({ ...now, tokens: now.tokens.slice(0, -1) }))}>
            {t.newer}
          </Action>
          <Action
            size="small"
            disabled={!next}
            onClick={() => {
              onLive(false);
              if (next) setPlace((now) => ({ ...now, tokens: [...now.tokens, next] }));
            }}
          >
            {t.older}
          </Action>
        </nav>
      )}
      {opened && (
        <EventDrawer
          event={opened}
          name={opened.principal && names?.get(opened.principal.id)}
          onClose={() => setOpened(undefined)}
          onFilter={(values) => {
            setOpened(undefined);
            onFilter(values);
          }}
        />
      )}
    </section>
  );
}
