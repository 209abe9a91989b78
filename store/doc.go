// Package store keeps the state of Bailiwick in SQL: one text for SQLite (embedded, the
// default) and PostgreSQL. It is the only package that imports database/sql.
//
// A [Store] offers two transactions. [Store.Update] serialises writers on the revision
// row, gives the transaction one timestamp, and commits the change, its change-log rows
// and its audit event together or not at all. [Store.View] reads one consistent state.
// The methods of [Tx] follow the nouns of package iam, one file each; they know rows, not
// rules: whoever calls them has decided already.
package store
