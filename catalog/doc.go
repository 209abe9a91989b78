// Package catalog is the permission catalogue: which permissions exist, and which
// permission sets bundle them. A permission is written "service:name:action", such as
// "compute:servers:start". The built-in catalogue is embedded; an operator adds products
// and permission sets of its own with YAML files of the same form (docs/catalogue.md).
//
// A catalogue is read once, checked as a whole, and never changes: what is not in it
// does not exist and is never granted.
package catalog
