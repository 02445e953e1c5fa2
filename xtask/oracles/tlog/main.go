// A client of our logs on Go's own golang.org/x/mod/sumdb/tlog and note, which none of us wrote.
//
//	main check FOLDER VKEY...   verifies a log of ours on disk, and compares our proofs with Go's
//	main bench FOLDER ROUNDS    how long Go takes to make the proofs of FOLDER/proofs from its tiles
//
// What is ours here is only what C2SP's tlog-tiles adds to Go's formats: where tiles lie, entry
// bundles, and the message that a cosignature signs. It is built without modules, from the packages
// that Debian ships.
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

func main() {
	if len(os.Args) < 4 {
		fail("usage: main check FOLDER VKEY... | main bench FOLDER ROUNDS")
	}
	switch os.Args[1] {
	case "check":
		check(os.Args[2], os.Args[3:])
	case "bench":
		rounds, err := strconv.Atoi(os.Args[3])
		must(err)
		bench(os.Args[2], rounds)
	default:
		fail("no such command: " + os.Args[1])
	}
}

func fail(reason string) {
	fmt.Fprintln(os.Stderr, "DISAGREES:", reason)
	os.Exit(1)
}

func must(err error) {
	if err != nil {
		fail(err.Error())
	}
}

func check(folder string, vkeys []string) {
	tree := openCheckpoint(read(folder, "checkpoint"), vkeys)
	hashes := tlog.TileHashReader(tree, tiles{folder})
	root, err := tlog.TreeHash(tree.N, hashes)
	must(err)
	if root != tree.Hash {
		fail("the tiles have another root than the checkpoint")
	}
	checkTiles(folder, tree, hashes)
	checkEntries(folder, tree, hashes)
	inclusion, consistency := checkProofs(folder, tree, hashes)
	fmt.Printf("Go agrees: %d keys signed, %d entries, %d inclusion and %d consistency proofs\n",
		len(vkeys), tree.N, inclusion, consistency)
}

// openCheckpoint opens the note under the keys, every one of which has to have signed.
func openCheckpoint(text []byte, vkeys []string) tlog.Tree {
	var known []note.Verifier
	for _, vkey := range vkeys {
		known = append(known, verifier(vkey))
	}
	opened, err := note.Open(text, note.VerifierList(known...))
	must(err)
	if len(opened.Sigs) != len(vkeys) || len(opened.UnverifiedSigs) != 0 {
		fail(fmt.Sprintf("%d keys signed, not %d", len(opened.Sigs), len(vkeys)))
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[3] != "" || lines[0] != known[0].Name() {
		fail("the checkpoint has not three lines that begin with its log's name")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	must(err)
	root, err := tlog.ParseHash(lines[2])
	must(err)
	return tlog.Tree{N: size, Hash: root}
}

// cosigner verifies cosignature/v1 (c2sp.org/tlog-cosignature), which x/mod does not know.
type cosigner struct {
	name string
	key  ed25519.PublicKey
}

func (c cosigner) Name() string { return c.name }

func (c cosigner) KeyHash() uint32 {
	sum := sha256.Sum256(append([]byte(c.name+"\n\x04"), c.key...))
	return binary.BigEndian.Uint32(sum[:])
}

func (c cosigner) Verify(msg, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	message := fmt.Sprintf("cosignature/v1\ntime %d\n%s", binary.BigEndian.Uint64(sig), msg)
	return ed25519.Verify(c.key, []byte(message), sig[8:])
}

func verifier(vkey string) note.Verifier {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) == 3 {
		key, err := base64.StdEncoding.DecodeString(parts[2])
		must(err)
		if len(key) == 1+ed25519.PublicKeySize && key[0] == 4 {
			c := cosigner{parts[0], key[1:]}
			if fmt.Sprintf("%08x", c.KeyHash()) != parts[1] {
				fail("the key ID of " + vkey + " is another")
			}
			return c
		}
	}
	known, err := note.NewVerifier(vkey)
	must(err)
	return known
}

// tiles reads tiles where C2SP's tlog-tiles puts them: without Go's height, and entries apart.
type tiles struct{ folder string }

func (tiles) Height() int { return height }

func (tiles) SaveTiles([]tlog.Tile, [][]byte) {}

func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var read [][]byte
	for _, tile := range wanted {
		data, err := os.ReadFile(filepath.Join(t.folder, c2spPath(tile)))
		if os.IsNotExist(err) && tile.W < 1<<height {
			full := tile
			full.W = 1 << height
			data, err = os.ReadFile(filepath.Join(t.folder, c2spPath(full)))
			data = data[:min(len(data), tile.W*tlog.HashSize)]
		}
		if err != nil {
			return nil, err
		}
		read = append(read, data)
	}
	return read, nil
}

func c2spPath(tile tlog.Tile) string {
	return "tile/" + strings.TrimPrefix(tile.Path(), fmt.Sprintf("tile/%d/", height))
}

// all gives the tiles of a tree. Go lists every width that a partial tile passes through on its way; a
// log keeps the last.
func all(tree tlog.Tree) []tlog.Tile {
	var last []tlog.Tile
	for _, tile := range tlog.NewTiles(height, 0, tree.N) {
		end := len(last) - 1
		if end >= 0 && last[end].L == tile.L && last[end].N == tile.N {
			last[end] = tile
		} else {
			last = append(last, tile)
		}
	}
	return last
}

func min(a, b int) int {
	if a < b {
		return a
	}
	return b
}

// checkTiles compares every tile that Go says such a tree has with what lies on disk.
func checkTiles(folder string, tree tlog.Tree, hashes tlog.HashReader) {
	for _, tile := range all(tree) {
		wanted, err := tlog.ReadTileData(tile, hashes)
		must(err)
		if !bytes.Equal(wanted, read(folder, c2spPath(tile))) {
			fail("the tile " + c2spPath(tile) + " is another")
		}
	}
}

// checkEntries hashes every entry of every bundle and compares with the tree.
func checkEntries(folder string, tree tlog.Tree, hashes tlog.HashReader) {
	for _, tile := range all(tree) {
		if tile.L != 0 {
			continue
		}
		bundle := read(folder, strings.Replace(c2spPath(tile), "tile/0/", "tile/entries/", 1))
		for n := 0; n < tile.W; n++ {
			if len(bundle) < 2 || len(bundle) < 2+int(binary.BigEndian.Uint16(bundle)) {
				fail("a bundle is torn")
			}
			end := 2 + int(binary.BigEndian.Uint16(bundle))
			index := tile.N<<height + int64(n)
			known, err := hashes.ReadHashes([]int64{tlog.StoredHashIndex(0, index)})
			must(err)
			if tlog.RecordHash(bundle[2:end]) != known[0] {
				fail(fmt.Sprintf("entry %d is not the one in the tree", index))
			}
			bundle = bundle[end:]
		}
		if len(bundle) != 0 {
			fail("a bundle goes on after its entries")
		}
	}
}

// checkProofs checks our proofs with Go's verifier, and that Go makes the same ones.
func checkProofs(folder string, tree tlog.Tree, hashes tlog.HashReader) (int, int) {
	inclusion, consistency := 0, 0
	for _, path := range list(folder) {
		header, ours := parseProof(path)
		switch {
		case strings.HasPrefix(header, "index "):
			n := number(header, "index ")
			leaf, err := hashes.ReadHashes([]int64{tlog.StoredHashIndex(0, n)})
			must(err)
			must(tlog.CheckRecord(ours, tree.N, tree.Hash, n, leaf[0]))
			theirs, err := tlog.ProveRecord(tree.N, n, hashes)
			must(err)
			same(path, ours, theirs)
			inclusion++
		case strings.HasPrefix(header, "old "):
			old := number(header, "old ")
			root, err := tlog.TreeHash(old, hashes)
			must(err)
			must(tlog.CheckTree(ours, tree.N, tree.Hash, old, root))
			theirs, err := tlog.ProveTree(tree.N, old, hashes)
			must(err)
			same(path, ours, theirs)
			consistency++
		default:
			fail(path + " is no proof")
		}
	}
	return inclusion, consistency
}

func list(folder string) []string {
	paths, err := filepath.Glob(filepath.Join(folder, "proofs", "*"))
	must(err)
	if len(paths) == 0 {
		fail("there are no proofs to compare")
	}
	return paths
}

// parseProof gives the line that says what is proven and the hashes after it.
func parseProof(path string) (string, []tlog.Hash) {
	lines := strings.Split(string(read("", path)), "\n")
	if lines[0] == "c2sp.org/tlog-proof@v1" {
		lines = lines[1:]
	}
	var hashes []tlog.Hash
	for _, line := range lines[1:] {
		if line == "" {
			break
		}
		hash, err := tlog.ParseHash(line)
		must(err)
		hashes = append(hashes, hash)
	}
	return lines[0], hashes
}

func number(header, prefix string) int64 {
	n, err := strconv.ParseInt(strings.TrimPrefix(header, prefix), 10, 64)
	must(err)
	return n
}

func same(path string, ours, theirs []tlog.Hash) {
	if fmt.Sprint(ours) != fmt.Sprint(theirs) {
		fail(path + ": Go makes another proof")
	}
}

func read(folder, path string) []byte {
	data, err := os.ReadFile(filepath.Join(folder, path))
	must(err)
	return data
}

// kept is a tree's tiles in memory, so that neither side is measured reading files.
type kept map[tlog.Tile][]byte

func (kept) Height() int { return height }

func (kept) SaveTiles([]tlog.Tile, [][]byte) {}

func (k kept) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var read [][]byte
	for _, tile := range wanted {
		data, found := k[tile]
		if !found {
			return nil, fmt.Errorf("%s is not kept", tile.Path())
		}
		read = append(read, data)
	}
	return read, nil
}

// bench prints the nanoseconds of an inclusion proof: from tiles that Go first checks against the root,
// as its client does, and from tiles as they are, as ours are made.
func bench(folder string, rounds int) {
	lines := strings.Split(string(read(folder, "checkpoint")), "\n")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	must(err)
	root, err := tlog.ParseHash(lines[2])
	must(err)
	tree := tlog.Tree{N: size, Hash: root}
	memory := kept{}
	for _, tile := range all(tree) {
		memory[tile] = read(folder, c2spPath(tile))
	}
	plain := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		var read []tlog.Hash
		for _, index := range indexes {
			tile := tlog.TileForIndex(height, index)
			widest := size >> uint(height*tile.L)
			tile.W = int(widest - tile.N<<height)
			if tile.W > 1<<height {
				tile.W = 1 << height
			}
			hash, err := tlog.HashFromTile(tile, memory[tile], index)
			if err != nil {
				return nil, err
			}
			read = append(read, hash)
		}
		return read, nil
	})
	var indexes []int64
	for _, path := range list(folder) {
		if header, _ := parseProof(path); strings.HasPrefix(header, "index ") {
			indexes = append(indexes, number(header, "index "))
		}
	}
	fmt.Println("checked", measure(indexes, rounds, tree, tlog.TileHashReader(tree, memory)))
	fmt.Println("plain", measure(indexes, rounds, tree, plain))
}

// measure gives the nanoseconds of a proof in the fastest round: what the machine is doing besides is not
// what is measured.
func measure(indexes []int64, rounds int, tree tlog.Tree, hashes tlog.HashReader) int64 {
	fastest := time.Duration(1<<63 - 1)
	for round := 0; round < rounds; round++ {
		started := time.Now()
		for _, index := range indexes {
			_, err := tlog.ProveRecord(tree.N, index, hashes)
			must(err)
		}
		if took := time.Since(started); took < fastest {
			fastest = took
		}
	}
	return fastest.Nanoseconds() / int64(len(indexes))
}
