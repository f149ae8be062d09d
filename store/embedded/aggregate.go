package embedded

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// maxResults bounds the bytes an aggregation holds at once.
const maxResults = 100 << 20

// stage is one step of a pipeline: it is given documents one by one, and passes
// on what it makes of them.
type stage interface {
	// push takes a document; more=false: no further one changes anything.
	push(doc bson.Raw, pass func(bson.Raw) bool) (more bool, err error)
	// end passes on what the stage held back.
	end(pass func(bson.Raw) bool) error
}

// pipeline is a parsed aggregation. What its first stages ask ($match, $sort,
// $skip, $limit, in this order) is left to an index.
type pipeline struct {
	query
	stages []stage
}

func (cmd *command) aggregate(out []byte) ([]byte, error) {
	ns, err := cmd.namespace()
	if err != nil {
		return nil, err
	}
	var list value
	var hint value
	size := defaultBatch
	cursor := cursorOption(&size)
	if err := cmd.options(func(name string, v value) (bool, error) {
		switch name {
		case "pipeline":
			list = v
		case "hint":
			hint = v
		default:
			return cursor(name, v)
		}
		return true, nil
	}); err != nil {
		return nil, err
	}
	if !list.isArray() {
		return nil, errorf(codeTypeMismatch, "'pipeline' option must be specified as an array")
	}
	p, err := parsePipeline(items(list.b))
	if err != nil {
		return nil, err
	}
	p.hint = hint
	results := &fixedBatch{}
	if results.docs, err = cmd.srv.runPipeline(cmd.srv.catalog.get(ns), p); err != nil {
		return nil, err
	}
	return cmd.answerCursor(out, ns.String(), results, size, false)
}

// parsePipeline leaves to the query what an index can do, as long as the stages
// come in the order in which a query does it.
func parsePipeline(list []value) (*pipeline, error) {
	p := &pipeline{query: query{filter: &node{op: opAnd}}}
	const matching, sorting, skipping, limiting, rest = 0, 1, 2, 3, 4
	at := matching
	for _, item := range list {
		name, arg, err := stageOf(item)
		if err != nil {
			return nil, err
		}
		switch {
		case name == "$match" && at == matching:
			f, err := filterOption(name, arg)
			if err != nil {
				return nil, err
			}
			p.filter.add(f)
			continue
		case name == "$sort" && at <= matching:
			if p.sort, err = parseSort(arg); err != nil {
				return nil, err
			}
			at = sorting
			continue
		case name == "$skip" && at < skipping:
			if p.skip, err = nonNegative(name, arg); err != nil {
				return nil, err
			}
			at = skipping
			continue
		case name == "$limit" && at < limiting:
			if p.limit, err = positive(arg); err != nil {
				return nil, err
			}
			at = limiting
			continue
		}
		at = rest
		if err := p.addStage(name, arg); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func stageOf(item value) (name string, arg value, err error) {
	if !item.isDocument() {
		return "", value{}, errorf(codeTypeMismatch, "Each element of the 'pipeline' array must be an object")
	}
	it := fields(item.b)
	key, arg, ok := it.next()
	if _, _, second := it.next(); !ok || second {
		return "", value{}, errorf(40323, "A pipeline stage specification object must contain exactly one field.")
	}
	return string(key), arg, nil
}

func positive(v value) (int64, error) {
	n, ok := v.integer()
	if !ok || n <= 0 {
		return 0, errorf(15958, "the limit must be positive")
	}
	return n, nil
}

func (p *pipeline) addStage(name string, arg value) error {
	var s stage
	var err error
	switch name {
	case "$match":
		var f *node
		f, err = filterOption(name, arg)
		s = &matchStage{f}
	case "$sort":
		var by []sortField
		by, err = parseSort(arg)
		s = &sortStage{by: by}
	case "$skip":
		var n int64
		n, err = nonNegative(name, arg)
		s = &skipStage{n}
	case "$limit":
		var n int64
		n, err = positive(arg)
		s = &limitStage{n}
	case "$project":
		var pr *projection
		pr, err = parseProjection(arg)
		s = &projectStage{pr}
	case "$count":
		s, err = parseCountStage(arg)
	case "$group":
		s, err = parseGroup(arg)
	default:
		return unsupported("pipeline stage", name)
	}
	if err != nil {
		return err
	}
	if g, ok := s.(*groupStage); ok && len(p.stages) == 0 {
		p.reads, p.selective = g.paths(), true
	}
	p.stages = append(p.stages, s)
	return nil
}

// pageSize is how many documents a pipeline reads before it lets writers at the
// collection.
const pageSize = 1000

func (s *Server) runPipeline(c *collection, p *pipeline) (results []bson.Raw, err error) {
	held := 0
	last := func(doc bson.Raw) bool {
		results = append(results, doc)
		held += len(doc)
		return held <= maxResults
	}
	run := chain(p.stages, last, &err)
	if c != nil {
		if err := s.readPages(c, p, run.push); err != nil {
			return nil, err
		}
	}
	if err == nil {
		run.end()
	}
	if err == nil && held > maxResults {
		err = errorf(codeMemoryLimit, "the aggregation's result exceeds %d bytes", maxResults)
	}
	return results, err
}

// readPages feeds the query's documents to push, holding the lock for one page
// at a time.
func (s *Server) readPages(c *collection, p *pipeline, push func(bson.Raw) bool) error {
	c.mu.RLock()
	defer c.mu.RUnlock()
	r, err := s.newReader(c, &p.query)
	if err != nil {
		return err
	}
	for more := true; more; {
		n, wanted := 0, true
		more, err = r.each(func(f found) (bool, bool) {
			n++
			wanted = push(f.raw)
			return true, wanted && n < pageSize
		})
		if err != nil || !wanted {
			return err
		}
		if more {
			c.mu.RUnlock()
			c.mu.RLock()
			if r.stale() {
				return errorf(175, "collection or index dropped during the aggregation")
			}
		}
	}
	return nil
}

// chained is a pipeline ready to run.
type chained struct {
	push func(bson.Raw) bool
	end  func()
}

// chain links the stages, last first; the first failure ends in *failed.
func chain(stages []stage, last func(bson.Raw) bool, failed *error) chained {
	run := chained{push: last, end: func() {}}
	for _, st := range slices.Backward(stages) {
		next := run
		run = chained{
			push: func(doc bson.Raw) bool {
				more, err := st.push(doc, next.push)
				if err != nil {
					*failed = err
				}
				return more && *failed == nil
			},
			end: func() {
				if err := st.end(next.push); err != nil && *failed == nil {
					*failed = err
				}
				if *failed == nil {
					next.end()
				}
			},
		}
	}
	return run
}
