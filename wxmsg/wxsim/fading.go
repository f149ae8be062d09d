package wxsim

import "time"

// fading is a map whose entries vanish a fixed time after they were put, so
// that what the platform remembers stays bounded. Not safe for concurrent use.
type fading[V any] struct {
	life  time.Duration
	items map[string]fadingItem[V]
	order []fadingKey // oldest first; holds outdated entries of keys put again
}

type fadingItem[V any] struct {
	at    time.Time
	value V
}

type fadingKey struct {
	at  time.Time
	key string
}

func newFading[V any](life time.Duration) fading[V] {
	return fading[V]{life: life, items: make(map[string]fadingItem[V])}
}

// get returns the value of a key put less than life before now.
func (f *fading[V]) get(now time.Time, key string) (V, bool) {
	item, ok := f.items[key]
	if !ok || now.Sub(item.at) >= f.life {
		var none V
		return none, false
	}
	return item.value, true
}

// put stores a value as of now and drops what has faded.
func (f *fading[V]) put(now time.Time, key string, value V) {
	f.prune(now)
	f.items[key] = fadingItem[V]{at: now, value: value}
	f.order = append(f.order, fadingKey{at: now, key: key})
}

func (f *fading[V]) prune(now time.Time) {
	gone := 0
	for _, k := range f.order {
		if now.Sub(k.at) < f.life {
			break
		}
		if f.items[k.key].at.Equal(k.at) {
			delete(f.items, k.key)
		}
		gone++
	}
	f.order = f.order[gone:] // append moves the rest to a fresh array in time
}
