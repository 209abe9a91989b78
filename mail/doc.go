// Package mail writes the letters of the product and sends them: by SMTP, into a folder, or
// into the log.
//
// A [Renderer] makes a [Message] of a [Letter], such as [MagicCode], in the reader's
// language, as text and as HTML. A [Sender] delivers it. Nothing here decides who gets which
// letter, and nothing is queued: an error says whether a later try may succeed ([Temporary]).
package mail
