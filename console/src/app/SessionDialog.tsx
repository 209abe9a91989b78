import { useEffect, useState } from "react";
import { sessionResumed, useSessionEnded } from "../api/ended";
import { channelName, loginPath, readSession, signedInPath, type Session } from "../api/session";
import { useTexts } from "../i18n";
import { Action } from "../ui/Action";
import { Dialog } from "../ui/Dialog";
import { texts } from "./texts";

function signIn(): void {
  window.open(loginPath(signedInPath), "_blank", "popup,width=520,height=760");
}

/**
 * Asks to sign in again when the session has ended. The page stays as it is behind the dialog, and
 * what it has asked for goes on afterwards. Another user, or another organization, cannot go on with
 * it: what was typed for one would be done in the other.
 */
export function SessionDialog({ session }: { session: Session }) {
  const ended = useSessionEnded();
  return ended ? <SignInAgain session={session} /> : null;
}

function SignInAgain({ session }: { session: Session }) {
  const t = useTexts(texts);
  const [other, setOther] = useState<Session>();
  useEffect(() => {
    const look = async () => {
      const now = await readSession().catch(() => undefined);
      if (!now) return;
      if (now.user.id === session.user.id && now.organization.id === session.organization.id) sessionResumed(true);
      else setOther(now);
    };
    const onNews = () => void look();
    const channel = new BroadcastChannel(channelName);
    channel.addEventListener("message", onNews);
    window.addEventListener("focus", onNews);
    return () => {
      channel.close();
      window.removeEventListener("focus", onNews);
    };
  }, [session]);
  return (
    <Dialog title={t.endedTitle} onClose={() => sessionResumed(false)}>
      <p>{other ? t.endedOther(other.user.username || other.user.email) : t.endedText}</p>
      <div className="dialog-actions">
        <Action onClick={() => sessionResumed(false)}>{t.cancel}</Action>
        {other ? (
          <Action kind="primary" onClick={() => location.assign("/")}>
            {t.reload}
          </Action>
        ) : (
          <Action kind="primary" onClick={signIn}>
            {t.signIn}
          </Action>
        )}
      </div>
    </Dialog>
  );
}
