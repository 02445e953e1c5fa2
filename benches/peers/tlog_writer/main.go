// The peer of `cargo xtask bench record`: a log writer on golang.org/x/mod/sumdb/tlog with the batch and
// sync discipline of crates/ledger. Its hashes are tlog's; the rest is as plain as it can be.
//
//	writer FOLDER saturate ENTRIES 0 POOL_ENTRIES QUEUE_ENTRIES INTERVAL_MS SYNC
//	writer FOLDER rate     ENTRIES PER_SECOND POOL_ENTRIES QUEUE_ENTRIES INTERVAL_MS SYNC
//
// SYNC is how the files of a publication are made durable: "each" by a sync of its own, 32 at a time, or
// "all" by one syncfs for their bytes and one for their names, as crates/ledger does.
//
// Prints one line: seconds to the last acknowledgement, seconds to the last publication, CPU
// seconds, p50 and p99 of the latency of acknowledgement in milliseconds.
package main

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sort"
	"strconv"
	"sync"
	"syscall"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	entryBytes  = 256
	stagedFiles = 4
	stagedBytes = 16 << 20
	blockBytes  = 4096
	syncers     = 32
	openFiles   = 128
	atOnceMin   = 16
)

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

type item struct {
	data []byte
	at   time.Time
}

type hashes struct {
	mu  sync.RWMutex
	all []tlog.Hash
}

func (h *hashes) snapshot() snapshot {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return snapshot(h.all)
}

type snapshot []tlog.Hash

func (s snapshot) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		out[i] = s[x]
	}
	return out, nil
}

type queue struct {
	mu     sync.Mutex
	cond   *sync.Cond
	items  []item
	bound  int
	closed bool
}

func (q *queue) push(some []item) {
	q.mu.Lock()
	for len(q.items) >= q.bound {
		q.cond.Wait()
	}
	q.items = append(q.items, some...)
	q.mu.Unlock()
	q.cond.Broadcast()
}

func (q *queue) take(most int) []item {
	q.mu.Lock()
	for len(q.items) == 0 && !q.closed {
		q.cond.Wait()
	}
	n := len(q.items)
	if n > most {
		n = most
	}
	some := q.items[:n:n]
	q.items = append([]item(nil), q.items[n:]...)
	q.mu.Unlock()
	q.cond.Broadcast()
	return some
}

type publisher struct {
	root   string
	store  *hashes
	signer note.Signer
	old    int64
	open   []byte // entries of the last bundle while it is partial
	made   map[string]bool
	// Whether many files are made durable by one call rather than each by its own.
	atOnce bool
}

// publish writes the tiles and bundles from old to size, then the checkpoint.
func (p *publisher) publish(entries []item, size int64) {
	files := map[string][]byte{}
	n := p.old
	for _, e := range entries {
		p.open = append(p.open, byte(len(e.data)>>8), byte(len(e.data)))
		p.open = append(p.open, e.data...)
		n++
		if n%256 == 0 {
			files[entriesPath(n/256-1, 256)] = p.open
			p.open = make([]byte, 0, 256*(2+entryBytes))
		}
	}
	if n%256 != 0 {
		files[entriesPath(n/256, int(n%256))] = append([]byte(nil), p.open...)
	}
	reader := p.store.snapshot()
	for _, t := range tlog.NewTiles(8, p.old, size) {
		data, err := tlog.ReadTileData(t, reader)
		must(err)
		files[t.Path()] = data
	}
	root, err := tlog.TreeHash(size, reader)
	must(err)
	p.writeAll(files)
	text := fmt.Sprintf("peer\n%d\n%s\n", size, root)
	signed, err := note.Sign(&note.Note{Text: text}, p.signer)
	must(err)
	p.writeAll(map[string][]byte{"checkpoint": signed})
	p.old = size
}

func entriesPath(n int64, width int) string {
	path := fmt.Sprintf("%03d", n%1000)
	for n >= 1000 {
		n /= 1000
		path = fmt.Sprintf("x%03d/%s", n%1000, path)
	}
	if width < 256 {
		return fmt.Sprintf("tile/entries/%s.p/%d", path, width)
	}
	return "tile/entries/" + path
}

// writeAll makes files durable under their names, then their folders.
func (p *publisher) writeAll(files map[string][]byte) {
	folders := map[string]bool{}
	var paths []string
	for path := range files {
		full := filepath.Join(p.root, path)
		folder := filepath.Dir(full)
		folders[folder] = true
		for f := folder; !p.made[f] && len(f) >= len(p.root); f = filepath.Dir(f) {
			p.made[f] = true
			folders[filepath.Dir(f)] = true
		}
		must(os.MkdirAll(folder, 0o755))
		paths = append(paths, path)
	}
	if p.atOnce && len(paths) >= atOnceMin {
		p.writeAtOnce(paths, files)
		return
	}
	for len(paths) > 0 {
		n := len(paths)
		if n > openFiles {
			n = openFiles
		}
		var open []*os.File
		for _, path := range paths[:n] {
			f, err := os.Create(filepath.Join(p.root, path) + ".unfinished")
			must(err)
			_, err = f.Write(files[path])
			must(err)
			open = append(open, f)
		}
		sideBySide(len(open), func(i int) {
			must(syscall.Fdatasync(int(open[i].Fd())))
			must(open[i].Close())
		})
		for _, path := range paths[:n] {
			full := filepath.Join(p.root, path)
			must(os.Rename(full+".unfinished", full))
		}
		paths = paths[n:]
	}
	var all []string
	for folder := range folders {
		all = append(all, folder)
	}
	sideBySide(len(all), func(i int) {
		f, err := os.Open(all[i])
		must(err)
		must(f.Sync())
		must(f.Close())
	})
}

// writeAtOnce does the same with a sync of the whole file system for the bytes, and one for the names.
func (p *publisher) writeAtOnce(paths []string, files map[string][]byte) {
	top, err := os.Open(p.root)
	must(err)
	defer top.Close()
	for _, path := range paths {
		must(os.WriteFile(filepath.Join(p.root, path)+".unfinished", files[path], 0o644))
	}
	syncAll(top)
	for _, path := range paths {
		full := filepath.Join(p.root, path)
		must(os.Rename(full+".unfinished", full))
	}
	syncAll(top)
}

func syncAll(top *os.File) {
	number, known := map[string]uintptr{"amd64": 306, "arm64": 267}[runtime.GOARCH]
	if !known {
		must(fmt.Errorf("the number of syncfs on %s is not known here", runtime.GOARCH))
	}
	if _, _, failed := syscall.Syscall(number, top.Fd(), 0, 0); failed != 0 {
		must(failed)
	}
	must(top.Sync())
}

func sideBySide(n int, act func(int)) {
	var wait sync.WaitGroup
	next := make(chan int, n)
	for i := 0; i < n; i++ {
		next <- i
	}
	close(next)
	for w := 0; w < syncers && w < n; w++ {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for i := range next {
				act(i)
			}
		}()
	}
	wait.Wait()
}

func number(i int) int {
	n, err := strconv.Atoi(os.Args[i])
	must(err)
	return n
}

func main() {
	root, mode := os.Args[1], os.Args[2]
	entries, rate, pool := number(3), number(4), number(5)
	bound, interval := number(6), time.Duration(number(7))*time.Millisecond
	must(os.MkdirAll(filepath.Join(root, "state"), 0o755))
	var staged []*os.File
	for i := 0; i < stagedFiles; i++ {
		f, err := os.Create(filepath.Join(root, "state", fmt.Sprint(i)))
		must(err)
		_, err = f.Write(make([]byte, stagedBytes))
		must(err)
		must(f.Sync())
		staged = append(staged, f)
	}
	secret, _, err := note.GenerateKey(rand.Reader, "peer")
	must(err)
	signer, err := note.NewSigner(secret)
	must(err)

	store := &hashes{}
	q := &queue{bound: bound}
	q.cond = sync.NewCond(&q.mu)
	template := make([]byte, entryBytes)
	_, err = rand.Read(template)
	must(err)
	began := time.Now()
	go produce(q, template, entries, rate, mode == "saturate", began)

	type work struct {
		entries []item
		size    int64
	}
	// As many bytes may wait for publication as the write-ahead files hold.
	todo := make(chan work, 1<<16)
	var waiting sync.Mutex
	free := sync.NewCond(&waiting)
	unpublished := 0
	done := make(chan struct{})
	go func() {
		p := &publisher{root: root, store: store, signer: signer, made: map[string]bool{}, atOnce: os.Args[8] == "all"}
		last := time.Now()
		var some []item
		size := int64(0)
		for w := range todo {
			some, size = append(some, w.entries...), w.size
			for more := true; more; {
				select {
				case w, ok := <-todo:
					if more = ok; ok {
						some, size = append(some, w.entries...), w.size
					}
				default:
					more = false
				}
			}
			if wait := interval - time.Since(last); wait > 0 && len(some)*entryBytes < stagedBytes {
				time.Sleep(wait)
			}
			last = time.Now()
			p.publish(some, size)
			waiting.Lock()
			unpublished -= len(some) * (entryBytes + 2)
			waiting.Unlock()
			free.Broadcast()
			some = nil
		}
		close(done)
	}()

	var latencies []time.Duration
	n := int64(0)
	file, offset := 0, 0
	frame := make([]byte, 0, 8<<20)
	for n < int64(entries) {
		some := q.take(pool)
		frame = frame[:0]
		frame = append(frame, make([]byte, 240)...)
		digest := sha256.New()
		store.mu.RLock()
		all := store.all
		store.mu.RUnlock()
		for _, e := range some {
			frame = append(frame, byte(len(e.data)>>8), byte(len(e.data)))
			frame = append(frame, e.data...)
			leaf := tlog.RecordHash(e.data)
			digest.Write(leaf[:])
			stored, err := tlog.StoredHashesForRecordHash(n, leaf, snapshot(all))
			must(err)
			all = append(all, stored...)
			n++
		}
		store.mu.Lock()
		store.all = all
		store.mu.Unlock()
		root, err := tlog.TreeHash(n, snapshot(all))
		must(err)
		copy(frame, root[:])
		copy(frame[32:], digest.Sum(nil))
		binary.BigEndian.PutUint64(frame[64:], uint64(n))
		for len(frame)%blockBytes != 0 {
			frame = append(frame, bytes.Repeat([]byte{0}, blockBytes-len(frame)%blockBytes)...)
		}
		if offset+len(frame) > stagedBytes {
			file, offset = (file+1)%stagedFiles, 0
		}
		waiting.Lock()
		for unpublished > (stagedFiles-1)*stagedBytes {
			free.Wait()
		}
		unpublished += len(some) * (entryBytes + 2)
		waiting.Unlock()
		_, err = staged[file].WriteAt(frame, int64(offset))
		must(err)
		must(syscall.Fdatasync(int(staged[file].Fd())))
		offset += len(frame)
		now := time.Now()
		for _, e := range some {
			latencies = append(latencies, now.Sub(e.at))
		}
		todo <- work{some, n}
	}
	acknowledged := time.Since(began)
	close(todo)
	<-done
	published := time.Since(began)
	var usage syscall.Rusage
	must(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	sort.Slice(latencies, func(i, j int) bool { return latencies[i] < latencies[j] })
	ms := func(share float64) float64 {
		return latencies[int(share*float64(len(latencies)-1))].Seconds() * 1e3
	}
	user := float64(usage.Utime.Sec+usage.Stime.Sec) + float64(usage.Utime.Usec+usage.Stime.Usec)/1e6
	fmt.Printf("%.4f %.4f %.4f %.3f %.3f\n",
		acknowledged.Seconds(), published.Seconds(), user, ms(0.5), ms(0.99))
}

// produce makes entries as fast as they are taken, or so many a second whether or not they are.
func produce(q *queue, template []byte, entries, rate int, saturate bool, began time.Time) {
	const chunk = 256
	slab := []byte{}
	made := 0
	for made < entries {
		n := chunk
		if !saturate {
			due := int(time.Since(began).Seconds() * float64(rate))
			if n = due - made; n <= 0 {
				time.Sleep(500 * time.Microsecond)
				continue
			}
		}
		if n > entries-made {
			n = entries - made
		}
		now := time.Now()
		some := make([]item, n)
		for i := range some {
			if len(slab) < entryBytes {
				slab = make([]byte, 1024*entryBytes)
			}
			data := slab[:entryBytes:entryBytes]
			slab = slab[entryBytes:]
			copy(data, template)
			binary.BigEndian.PutUint64(data, uint64(made+i))
			some[i] = item{data, now}
		}
		q.push(some)
		made += n
	}
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.cond.Broadcast()
}
