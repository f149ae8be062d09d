package acts

import (
	"context"
	"sync"
	"time"

	"shixi/internship"
)

// Limits of uploading.
const (
	// UploadMemory is how many bytes of files all uploads under way may hold
	// in memory, and uploadsEach how many one owner may make at once.
	UploadMemory = 96 << 20
	uploadsEach  = 3
	// uploadsHourly is how many files one owner may upload in an hour, over
	// all replicas.
	uploadsHourly = 60
)

// uploads counts the uploads under way in this process, whose memory it is
// that they fill.
type uploads struct {
	mu    sync.Mutex
	held  int64
	owner map[string]int
}

// BeginUpload lets an owner upload content of at most size bytes; end gives the
// room back. Errors: ErrUploadBusy when there is no room in this process,
// ErrUploads when the owner has had enough.
func (a *Acts) BeginUpload(ctx context.Context, owner string, size int64) (end func(), err error) {
	if !a.uploads.take(owner, size) {
		return nil, internship.ErrUploadBusy
	}
	end = sync.OnceFunc(func() { a.uploads.release(owner, size) })
	n, ends, err := a.DB.Try(ctx, "upload:"+owner, hour)
	if err == nil && n > uploadsHourly {
		wait := max(time.Second, ends.Sub(a.Now()))
		err = internship.ErrUploads.With("一小时内上传的文件过多，请 " + span(wait) + "后再试").After(int((wait + time.Second - 1) / time.Second))
	}
	if err != nil {
		end()
		return nil, err
	}
	return end, nil
}

func (u *uploads) take(owner string, size int64) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.owner[owner] >= uploadsEach || u.held+size > UploadMemory {
		return false
	}
	if u.owner == nil {
		u.owner = map[string]int{}
	}
	u.owner[owner]++
	u.held += size
	return true
}

func (u *uploads) release(owner string, size int64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.held -= size
	if u.owner[owner]--; u.owner[owner] == 0 {
		delete(u.owner, owner)
	}
}
