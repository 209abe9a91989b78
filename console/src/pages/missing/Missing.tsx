import { Link } from "react-router";
import { useTexts } from "../../i18n";
import { EmptyState, Page } from "../../ui/Page";
import { texts } from "./texts";

/** A path at which there is no page. */
export default function Missing() {
  const t = useTexts(texts);
  return (
    <Page title={t.title}>
      <EmptyState title={t.empty} action={<Link to="/">{t.home}</Link>}>
        {t.text}
      </EmptyState>
    </Page>
  );
}
