// Package pages serves the pages on which people log in: plain HTML forms that work without
// JavaScript, passkeys excepted. A page calls the use cases that the API calls and decides
// nothing itself.
//
// What a page may trust: the session cookie and the cookie of its forms. Every POST is checked
// for where it comes from (guard.go), every answer carries a Content-Security-Policy that
// allows nothing but our own files, and the browser is sent to our own paths only, with the
// one exception of target.go.
package pages
