package embedded

// order decides whether reading the index gives the sort's order.
func (x *index) order(p *plan, fields []sortField, r reached) {
	if len(fields) == 0 || r.score.single {
		p.sorted = true
	} else if !x.orderSequential(p, fields, r) {
		x.orderMerged(p, fields, r)
	}
	p.parts[0].score.sorted = p.sorted
}

// orderSequential tries the index's own order: components fixed to one value
// are constant, the others must be the sort's fields in turn, all in the
// index's direction or all against it.
func (x *index) orderSequential(p *plan, fields []sortField, r reached) bool {
	fixed := func(at int) bool {
		return at < len(r.limits) && r.limits[at].isPoints && len(r.limits[at].points) <= 1
	}
	return x.matchOrder(p, fields, r, fixed)
}

// orderMerged tries reading the spans of several points side by side.
func (x *index) orderMerged(p *plan, fields []sortField, r reached) {
	if len(p.parts[0].spans) > maxMerge {
		return
	}
	fixed := func(at int) bool { return at < r.score.eq }
	if x.matchOrder(p, fields, r, fixed) {
		p.parts[0].merge = true
	}
}

// maxMerge is how many spans are read side by side.
const maxMerge = 200

func (x *index) matchOrder(p *plan, fields []sortField, r reached, fixed func(int) bool) bool {
	at, set, reverse := 0, false, false
	for _, f := range fields {
		if x.constant(f.path, r) {
			continue
		}
		for at < len(x.components) && fixed(at) {
			at++
		}
		if at == len(x.components) || !x.components[at].path.equal(f.path) {
			return false
		}
		if x.multikey[at] && at < len(r.limits) {
			return false
		}
		against := x.components[at].desc != f.desc
		if set && against != reverse {
			return false
		}
		set, reverse = true, against
		at++
	}
	p.sorted = true
	p.parts[0].reverse = reverse
	return true
}

// constant reports whether the path has one value in all documents found.
func (x *index) constant(p path, r reached) bool {
	for at, l := range r.limits {
		if l.isPoints && len(l.points) <= 1 && !x.multikey[at] && x.components[at].path.equal(p) {
			return true
		}
	}
	return false
}
