package authority

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"bailiwick/iam"
	"bailiwick/store"
)

const (
	exportDay   = 24 * time.Hour
	exportHold  = 10 * time.Minute // a node has this long for one object
	exportDelay = 5 * time.Minute  // after midnight, when no transaction of the day before is under way
	exportPage  = 1000             // events of one look at the database
	exportPart  = 10               // pages of one object
	exportPause = time.Minute      // after the first run that failed; twice as long each time
	exportRest  = time.Hour
)

// The parts of a day: first those of its events, then those of attempts to log in, from this
// number on, and then those of what the server did by itself.
const (
	exportLogins = 1 << 20
	exportSystem = 2 << 20
)

// RunExports runs the export jobs that are due, one by one, until there is none or the context
// ends. An object is named by what is in it, and the same events make the same bytes: what is
// written again, because a node ended after writing and before saying so, changes nothing.
func (a *Authority) RunExports(ctx context.Context, put func(context.Context, iam.ExportObject) error) error {
	for ctx.Err() == nil {
		var j iam.ExportJob
		tries := 0
		err := a.store.Record(ctx, func(tx *store.Tx) (err error) {
			j, tries, err = tx.HoldExportJob(exportHold)
			return err
		})
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		outcome := a.runExport(ctx, &j, put)
		if ctx.Err() != nil {
			return nil // the job is taken up again when its hold ends
		}
		if err := a.endExport(ctx, j, tries, outcome); err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	return nil
}

// endExport stores how a run ended. A failure is told once, not at each try.
func (a *Authority) endExport(ctx context.Context, j iam.ExportJob, tries int, outcome error) error {
	now := a.now()
	j.LastRunAt, j.Failed, j.Message = now, outcome != nil, ""
	until, name := dayOf(now).Add(exportDay+exportDelay), "export"
	if outcome != nil {
		a.log.Warn("an export job failed", "organization_id", j.OrganizationID, "export_job_id", string(j.ID), "tries", tries, "error", outcome)
		wait := exportPause
		for range min(tries, 10) - 1 {
			wait = min(2*wait, exportRest)
		}
		j.Message, until, name = outcome.Error(), now.Add(wait), "export-failed"
	}
	return a.store.Record(ctx, func(tx *store.Tx) error {
		kept := tries
		if outcome == nil {
			kept = 0
		}
		if err := tx.EndExportJob(j, kept, until); err != nil || outcome != nil && tries > 1 {
			return err
		}
		return recordSystem(tx, iam.SystemEvent{
			OrganizationID: j.OrganizationID, Kind: iam.SystemEventCron, Source: "exports", Name: name, Product: "audit-trail",
			Resources: []iam.EventResource{exportJobResource(j)},
		})
	})
}

// runExport writes the days that are over, from the place of the job on.
func (a *Authority) runExport(ctx context.Context, j *iam.ExportJob, put func(context.Context, iam.ExportObject) error) error {
	if err := a.mayWriteTo(j.OrganizationID, j.Bucket.Name); err != nil {
		return errors.New("the operator does not allow this bucket any more")
	}
	if over := dayOf(a.now().Add(-exportDelay)); j.Region != a.region {
		j.Place = iam.ExportPlace{Day: over} // nothing happens there
	}
	for j.Place.Day.Before(dayOf(a.now().Add(-exportDelay))) {
		body, last, more, err := a.exportEvents(ctx, *j)
		if err != nil {
			return errors.New("the events cannot be read")
		}
		if len(body) > 0 {
			if err := put(ctx, iam.ExportObject{Bucket: j.Bucket.Name, Region: j.Bucket.Region, Key: exportKey(*j), Body: body}); err != nil {
				return err
			}
		}
		empty := len(body) == 0
		switch {
		case more:
			j.Place.Part, j.Place.Sequence = j.Place.Part+1, last
		case j.Place.Part < exportLogins:
			j.Place.Part, j.Place.Sequence = exportLogins, 0
		case j.Place.Part < exportSystem:
			j.Place.Part, j.Place.Sequence = exportSystem, 0
		default:
			j.Place = iam.ExportPlace{Day: j.Place.Day.Add(exportDay)}
		}
		if empty {
			continue // days without events need no place of their own
		}
		if err := a.moveExport(ctx, *j); err != nil {
			return err
		}
	}
	return a.moveExport(ctx, *j)
}

func (a *Authority) moveExport(ctx context.Context, j iam.ExportJob) error {
	err := a.store.Record(ctx, func(tx *store.Tx) error { return tx.MoveExportJob(j, tx.Now.Add(exportHold)) })
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return errors.New("the progress cannot be stored")
	}
	return err
}

// exportEvents returns the next part as JSON lines, the sequence of the last of its events, and
// whether the day has more of their kind.
func (a *Authority) exportEvents(ctx context.Context, j iam.ExportJob) (body []byte, last int64, more bool, err error) {
	from, to := j.Place.Day, j.Place.Day.Add(exportDay)
	tx := a.store.Read(ctx)
	switch {
	case j.Place.Part < exportLogins:
		return exportLines(j, func(after int64) ([]iam.Event, error) {
			return tx.Events(iam.EventFilter{OrganizationID: j.OrganizationID, After: from, Before: to, Ascending: true, Size: exportPage, Cursor: after})
		}, func(e iam.Event) (int64, any) { return e.Sequence, exportLine(e, a.region) })
	case j.Place.Part < exportSystem:
		return exportLines(j, func(after int64) ([]iam.AuthenticationEvent, error) {
			return tx.AuthenticationEvents(iam.AuthenticationEventFilter{OrganizationID: j.OrganizationID, After: from, Before: to, Ascending: true, Size: exportPage, Cursor: after})
		}, func(e iam.AuthenticationEvent) (int64, any) { return e.Sequence, exportLogin(e) })
	default:
		return exportLines(j, func(after int64) ([]iam.SystemEvent, error) {
			return tx.SystemEvents(iam.SystemEventFilter{OrganizationID: j.OrganizationID, After: from, Before: to, Ascending: true, Size: exportPage, Cursor: after})
		}, func(e iam.SystemEvent) (int64, any) { return e.Sequence, exportSystemEvent(e, a.region) })
	}
}

// exportLines reads the pages of a part and writes their lines. line returns the sequence of an
// event and what its line says.
func exportLines[E any](j iam.ExportJob, read func(after int64) ([]E, error), line func(E) (int64, any)) (body []byte, last int64, more bool, err error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out) // ends each value with a newline
	encoder.SetEscapeHTML(false)
	last = j.Place.Sequence
	for range exportPart {
		events, err := read(last)
		if err != nil {
			return nil, 0, false, err
		}
		for _, e := range events {
			sequence, says := line(e)
			if err := encoder.Encode(says); err != nil {
				return nil, 0, false, fmt.Errorf("event %d: %w", sequence, err)
			}
			last = sequence
		}
		if len(events) < exportPage {
			return out.Bytes(), last, false, nil
		}
	}
	return out.Bytes(), last, true, nil
}

// exportKey names an object: prefix/YYYY/MM/DD/logs_xxxxxxxxx.json. The nine characters are made
// of what the object holds, so that no two organizations or regions that share a bucket and a
// prefix write the same object.
func exportKey(j iam.ExportJob) string {
	day := j.Place.Day.Format("2006/01/02")
	digest := sha256.Sum256(fmt.Appendf(nil, "%s %s %s %d", j.OrganizationID, j.Region, day, j.Place.Part))
	name := "logs_" + strings.ToLower(base32.StdEncoding.EncodeToString(digest[:]))[:9] + ".json"
	if prefix := strings.TrimSuffix(j.Bucket.Prefix, "/"); prefix != "" {
		return prefix + "/" + day + "/" + name
	}
	return day + "/" + name
}
