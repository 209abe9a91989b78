import { useConsole } from "../../api/context";
import { useTexts } from "../../i18n";
import { Page } from "../../ui/Page";
import { Connections } from "./Connections";
import { Factors } from "./Factors";
import { Sessions } from "./Sessions";
import { texts } from "./texts";

/** Who is signed in, and with what. */
export default function Account() {
  const t = useTexts(texts);
  const { user, organization } = useConsole().session;
  const name = `${user.first_name} ${user.last_name}`.trim();
  return (
    <Page title={t.title}>
      <section className="card panel" aria-label={t.title}>
        <p>
          <strong dir="auto">{name || user.username || user.email}</strong> <span className="mark">{t[user.type]}</span>
        </p>
        <p className="soft" dir="auto">
          {[user.username, user.email !== user.username && user.email, organization.name].filter(Boolean).join(" · ")}
        </p>
      </section>
      {user.type === "guest" ? (
        <p>{t.guestText}</p>
      ) : (
        <>
          <Factors />
          <section className="card panel" aria-labelledby="password">
            <h2 id="password">{t.passwordTitle}</h2>
            <p>{t.passwordText}</p>
            <p>
              <a href="/security">{t.passwordAction}</a>
            </p>
          </section>
          <Connections />
        </>
      )}
      <Sessions />
    </Page>
  );
}
