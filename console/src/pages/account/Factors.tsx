import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useConsole } from "../../api/context";
import { faultOf } from "../../api/fault";
import { useTexts } from "../../i18n";
import { Action } from "../../ui/Action";
import { ApiError } from "../../ui/ApiError";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { texts as shared } from "../../ui/texts";
import { listPasskeys } from "./passkey";
import { Passkeys } from "./Passkeys";
import { texts } from "./texts";

function App() {
  const t = useTexts(texts);
  const { iam, session } = useConsole();
  const cache = useQueryClient();
  const [asked, setAsked] = useState(false);
  const remove = useMutation({
    mutationFn: () => iam.deleteUserMFAOTP({ userId: session.user.id }),
    onSuccess: async () => {
      setAsked(false);
      await Promise.all([cache.invalidateQueries({ queryKey: ["factors"] }), cache.invalidateQueries({ queryKey: ["sessions"] })]);
    },
  });
  const none = remove.error && faultOf(remove.error).status === 404;
  return (
    <>
      <h3>{t.app}</h3>
      <p className="soft">{t.appText}</p>
      <p>
        <a href="/security">{t.appAdd}</a>
      </p>
      <p>
        <Action size="small" onClick={() => setAsked(true)}>
          {t.appRemove}
        </Action>
      </p>
      {asked && (
        <ConfirmDialog
          title={t.appRemoveTitle}
          word={t.appWord}
          action={t.appRemove}
          onConfirm={() => remove.mutate()}
          onClose={() => {
            remove.reset();
            setAsked(false);
          }}
          pending={remove.isPending}
          error={none ? undefined : remove.error}
        >
          <p>{t.appRemoveText}</p>
          {none && (
            <p role="alert" className="field-error">
              {t.appNone}
            </p>
          )}
        </ConfirmDialog>
      )}
    </>
  );
}

/** What the reader proves itself with besides the password. */
export function Factors() {
  const t = useTexts(texts);
  const s = useTexts(shared);
  const { iam, organizationId, session } = useConsole();
  const { data, error, refetch } = useQuery({
    queryKey: ["factors", organizationId],
    queryFn: async () => {
      const [user, passkeys] = await Promise.all([iam.getUser({ userId: session.user.id }), listPasskeys(session.user.id)]);
      return { mfa: user.mfa, passkeys };
    },
  });
  return (
    <section className="card panel" aria-labelledby="factors">
      <h2 id="factors">{t.factors}</h2>
      {error && <ApiError error={error} onRetry={() => void refetch()} />}
      {!data && !error && <p role="status">{s.loading}</p>}
      {data && (
        <>
          <p className={data.mfa ? undefined : "demand"}>{data.mfa ? t.factorsSome : t.factorsNone}</p>
          <Passkeys passkeys={data.passkeys} />
          <App />
        </>
      )}
    </section>
  );
}
