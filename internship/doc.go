// Package internship says what is true of an internship: its types, states,
// transition tables, rules and events. It does no I/O and knows nothing of
// how documents are kept or how people reach them.
package internship
