import type { Iamv1alpha1 } from "@scaleway/sdk-iam";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useConsole } from "../../api/context";
import { faultOf } from "../../api/fault";
import { useLocale, useTexts } from "../../i18n";
import { count, dateTime } from "../../i18n/format";
import { Action } from "../../ui/Action";
import { ApiError } from "../../ui/ApiError";
import { FormDialog } from "../../ui/FormDialog";
import { texts as shared } from "../../ui/texts";
import { nameOfAgent } from "./agent";
import { texts } from "./texts";

type Session = Iamv1alpha1.JWT;
type EndSession = (ids: readonly string[]) => void;

/** The API's most; a user has no more. */
const most = 100;

/** Ends sessions; one that has ended meanwhile is no fault. */
function useEnd(onDone: () => void) {
  const { iam } = useConsole();
  const cache = useQueryClient();
  return useMutation({
    mutationFn: async (ids: readonly string[]) => {
      for (const jti of ids) {
        try {
          await iam.deleteJWT({ jti });
        } catch (error) {
          if (faultOf(error).status !== 404) throw error;
        }
      }
    },
    onSuccess: onDone,
    onSettled: () => cache.invalidateQueries({ queryKey: ["sessions"] }),
  });
}

function Row({ one, here, onEnd, pending }: { one: Session; here: boolean; onEnd: EndSession; pending: boolean }) {
  const t = useTexts(texts);
  const locale = useLocale();
  const name = nameOfAgent(one.userAgent);
  const address = one.ip ? t.from(one.ip) : t.noAddress;
  return (
    <li>
      <span>
        <strong dir="auto" title={one.userAgent}>
          {name}
        </strong>{" "}
        {here && <span className="mark mark-good">{t.here}</span>}
        <span className="soft">
          {address} · {t.since(dateTime(one.createdAt, locale))}
        </span>
      </span>
      {!here && (
        <Action size="small" label={t.endOf(`${name}, ${address}`)} disabled={pending} onClick={() => onEnd([one.jti])}>
          {t.end}
        </Action>
      )}
    </li>
  );
}

/** Where the reader is signed in, with a way to end it. */
export function Sessions() {
  const t = useTexts(texts);
  const s = useTexts(shared);
  const locale = useLocale();
  const { iam, organizationId, session } = useConsole();
  const [asked, setAsked] = useState(false);
  const { data, error, refetch } = useQuery({
    queryKey: ["sessions", organizationId],
    queryFn: () => iam.listJWTs({ audienceId: session.user.id, orderBy: "created_at_desc", pageSize: most }),
  });
  const end = useEnd(() => setAsked(false));
  const here = session.session_id;
  const others = (data?.jwts ?? []).filter((one) => one.jti !== here).map((one) => one.jti);
  return (
    <section className="card panel" aria-labelledby="sessions">
      <h2 id="sessions">{t.sessions}</h2>
      <p className="soft">{t.sessionsText}</p>
      {error && <ApiError error={error} onRetry={() => void refetch()} />}
      {!data && !error && <p role="status">{s.loading}</p>}
      {data && (
        <>
          <ul className="rows">
            {data.jwts.map((one) => (
              <Row key={one.jti} one={one} here={one.jti === here} onEnd={end.mutate} pending={end.isPending} />
            ))}
          </ul>
          {data.totalCount > most && <p className="soft">{t.moreSessions}</p>}
          <Action disabled={others.length === 0} onClick={() => setAsked(true)}>
            {t.endOthers}
          </Action>{" "}
          <span role="status">{end.isSuccess ? t.ended : ""}</span>
          {end.error && !asked && <ApiError error={end.error} />}
        </>
      )}
      {asked && (
        <FormDialog title={t.endOthersTitle} action={t.endOthers} onSubmit={() => end.mutate(others)} onClose={() => setAsked(false)} pending={end.isPending} error={end.error}>
          <p>{t.endOthersText(count(others.length, locale))}</p>
        </FormDialog>
      )}
    </section>
  );
}
