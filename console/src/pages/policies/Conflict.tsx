import { useAllProjects } from "../../access/projects";
import { useTexts } from "../../i18n";
import { Action } from "../../ui/Action";
import { Dialog } from "../../ui/Dialog";
import { texts as shared } from "../../ui/texts";
import { toDocument } from "./document";
import { type Draft, merge, projectIds } from "./draft";
import { reviewTexts } from "./reviewTexts";

type Props = {
  base: Draft;
  mine: Draft;
  theirs: Draft;
  /** Goes on with this draft, which is to replace theirs. */
  onChoose: (draft: Draft) => void;
  onClose: () => void;
};

/** Says that a policy has changed while it was edited, and offers ways on. */
export function Conflict({ base, mine, theirs, onChoose, onClose }: Props) {
  const t = useTexts(reviewTexts);
  const s = useTexts(shared);
  const { data: projects = [] } = useAllProjects([base, mine, theirs].flatMap(projectIds));
  const { draft, clashes } = merge(base, mine, theirs);
  return (
    <Dialog title={t.conflictTitle} onClose={onClose} wide>
      <p>{t.conflictText}</p>
      <div className="sides">
        {[
          { label: t.theirs, side: theirs },
          { label: t.mine, side: mine },
        ].map(({ label, side }) => (
          <section key={label}>
            <h3>{label}</h3>
            <pre tabIndex={0} role="region" aria-label={label} dir="auto">
              {toDocument(side, projects)}
            </pre>
          </section>
        ))}
      </div>
      {clashes.length > 0 && <p className="notice">{t.clashes(clashes.map((field) => t[field]).join(", "))}</p>}
      <div className="dialog-actions">
        <Action onClick={onClose}>{s.cancel}</Action>
        <Action onClick={() => onChoose(theirs)}>{t.takeTheirs}</Action>
        <Action onClick={() => onChoose(mine)}>{t.keepMine}</Action>
        <Action kind="primary" onClick={() => onChoose(draft)}>
          {t.merge}
        </Action>
      </div>
    </Dialog>
  );
}
