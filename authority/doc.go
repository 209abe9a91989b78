// Package authority is the heart: every use case of the API as one method that authorizes,
// acts and records.
//
// A mutation runs in one transaction of the store: it proves the caller's credential and
// rights again on the newest state, checks what depends on state, writes the change, and
// appends exactly one audit event. After the commit the change is applied to the decision
// snapshot before the method returns, so a change is in force when its answer is sent. A
// refused mutation leaves one event with status 403 and nothing else.
//
// A read proves the caller and decides on one snapshot, and reads the store. "Not in your
// organization" and "does not exist" are one answer everywhere: every look-up is keyed by the
// caller's own organization, so nothing of another tenant can be found, not even slowly. Who
// has no rights on objects of a kind is refused whether the id exists or not.
//
// Any change of an object moves its updated_at, the change of a group's members apart.
package authority
