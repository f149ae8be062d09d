// Package embedded is a small document engine that lives inside the process
// and speaks the MongoDB wire protocol on a loopback port, so that the official
// driver and mongosh use it like a standalone server (design.md §5).
//
// It exists for trial runs and tests. It knows only the operators that the
// store needs; every other operator, option or command is refused by name and
// never silently ignored. A filter that no index serves is refused with code
// 291, as a server started with notablescan does, so that every test run over
// the engine proves that its queries are indexed.
//
// A filter is served by an index when its tests limit the index's first field,
// or imply the index's partial filter; an $or when each branch is served. An
// empty filter is served by a sort that an index gives, or with limit 1. Up to
// 1000 documents are sorted in memory where no index gives the order. Unlike a
// real server, the engine never uses an index for a whole array, for a negation,
// or for $exists: true unless the index is partial by it.
//
// A document is kept as the BSON bytes it arrived in. Each index is an ordered
// tree of order-preserving byte keys. With a folder, every change is appended
// to a checksummed journal before it is acknowledged.
package embedded
