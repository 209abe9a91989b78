import type { Iamv1alpha1 } from "@scaleway/sdk-iam";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useConnections } from "../../api/connections";
import { useConsole } from "../../api/context";
import { faultOf } from "../../api/fault";
import { useTexts } from "../../i18n";
import { Action } from "../../ui/Action";
import { ApiError } from "../../ui/ApiError";
import { Copy } from "../../ui/Copy";
import { Dialog } from "../../ui/Dialog";
import { Field } from "../../ui/Field";
import { FormDialog } from "../../ui/FormDialog";
import { texts as shared } from "../../ui/texts";
import { texts } from "./texts";

const nameOf = ({ organization, user }: Iamv1alpha1.Connection) => `${organization?.name ?? ""} – ${user?.username ?? ""}`;

/** A change of the reader's own connections. */
function useChange<Value>(change: (value: Value) => Promise<void>, onClose: () => void) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: onClose,
    // A connection may have been made although the answer got lost.
    onSettled: () => cache.invalidateQueries({ queryKey: ["connections"] }),
  });
}

function CodeDialog({ code, onClose }: { code: string; onClose: () => void }) {
  const t = useTexts(texts);
  return (
    <Dialog title={t.codeTitle} onClose={onClose}>
      <p>{t.codeText}</p>
      <p>
        <code>{code}</code>
      </p>
      <div className="dialog-actions">
        <Copy text={code} label={t.codeCopy} />
        <Action kind="primary" onClick={onClose}>
          {t.codeDone}
        </Action>
      </div>
    </Dialog>
  );
}

function JoinDialog({ onClose }: { onClose: () => void }) {
  const t = useTexts(texts);
  const { iam, session } = useConsole();
  const [code, setCode] = useState("");
  const join = useChange((token: string) => iam.joinUserConnection({ userId: session.user.id, token }), onClose);
  return (
    <FormDialog title={t.joinTitle} action={t.joinAction} onSubmit={() => join.mutate(code.trim())} onClose={onClose} pending={join.isPending} error={join.error}>
      <p>{t.joinText}</p>
      <Field label={t.code} value={code} onChange={setCode} required error={join.error ? faultOf(join.error).fields["token"] : undefined} />
    </FormDialog>
  );
}

function LeaveDialog({ left, onClose }: { left: Iamv1alpha1.Connection; onClose: () => void }) {
  const t = useTexts(texts);
  const { iam, session } = useConsole();
  const leave = useChange((targetUserId: string) => iam.removeUserConnection({ userId: session.user.id, targetUserId }), onClose);
  return (
    <FormDialog title={t.leaveTitle(nameOf(left))} action={t.leave} onSubmit={() => leave.mutate(left.user?.id ?? "")} onClose={onClose} pending={leave.isPending} error={leave.error}>
      <p>{t.leaveText}</p>
    </FormDialog>
  );
}

/** The reader's accounts in other organizations. */
export function Connections() {
  const t = useTexts(texts);
  const s = useTexts(shared);
  const { iam, session } = useConsole();
  const { data, error, refetch } = useConnections(0);
  const [joins, setJoins] = useState(false);
  const [left, setLeft] = useState<Iamv1alpha1.Connection>();
  const offer = useMutation({ mutationFn: () => iam.initiateUserConnection({ userId: session.user.id }) });
  return (
    <section className="card panel" aria-labelledby="connections">
      <h2 id="connections">{t.connections}</h2>
      <p className="soft">{t.connectionsText}</p>
      {error && <ApiError error={error} onRetry={() => void refetch()} />}
      {!data && !error && <p role="status">{s.loading}</p>}
      {data?.length === 0 && <p>{t.connectionsNone}</p>}
      {data && data.length > 0 && (
        <ul className="rows">
          {data.map((one) => (
            <li key={one.user?.id}>
              <span>
                <strong dir="auto">{one.organization?.name}</strong>
                <span className="soft" dir="auto">
                  {one.user?.username}
                </span>
              </span>
              <Action size="small" label={t.leaveOf(nameOf(one))} onClick={() => setLeft(one)}>
                {t.leave}
              </Action>
            </li>
          ))}
        </ul>
      )}
      <Action loading={offer.isPending} onClick={() => offer.mutate()}>
        {t.offer}
      </Action>{" "}
      <Action onClick={() => setJoins(true)}>{t.join}</Action>
      {offer.error && <ApiError error={offer.error} />}
      {offer.data && <CodeDialog code={offer.data.token} onClose={() => (offer.reset(), void refetch())} />}
      {joins && <JoinDialog onClose={() => setJoins(false)} />}
      {left && <LeaveDialog left={left} onClose={() => setLeft(undefined)} />}
    </section>
  );
}
