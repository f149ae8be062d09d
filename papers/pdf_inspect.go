package papers

import (
	"context"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// deepest is how deeply objects may lie within each other.
const deepest = 100

// What makes a document do something when it is opened or clicked, or carry
// other files: keys of a dictionary, and what its S, Type or Subtype says it is.
// A link to a page on the web is neither.
var (
	activeKeys  = set("JS", "JavaScript", "EmbeddedFiles", "EF", "XFA", "Collection", "RichMediaContent")
	activeKinds = set("JavaScript", "Launch", "SubmitForm", "ImportData", "GoToE", "Rendition", "RichMediaExecute",
		"EmbeddedFile", "FileAttachment", "RichMedia", "Movie", "Sound", "Screen", "3D")
)

func set(names ...string) map[string]bool {
	all := map[string]bool{}
	for _, n := range names {
		all[n] = true
	}
	return all
}

// inspect looks at every object of a document, whether anything refers to it or
// not.
func inspect(ctx context.Context, doc *model.Context) error {
	for _, entry := range doc.Table {
		if err := ctx.Err(); err != nil {
			return refuse(TooComplex, "%w", err)
		}
		if entry == nil || entry.Free {
			continue
		}
		if err := inspectObject(ctx, entry.Object, 0); err != nil {
			return err
		}
	}
	return nil
}

func inspectObject(ctx context.Context, o types.Object, depth int) error {
	if depth > deepest {
		return refuse(TooComplex, "objects are nested too deeply")
	}
	switch o := o.(type) {
	case types.Dict:
		return inspectDict(ctx, o, depth)
	case types.StreamDict:
		return inspectDict(ctx, o.Dict, depth)
	case types.ObjectStreamDict:
		return inspectDict(ctx, o.Dict, depth)
	case types.XRefStreamDict:
		return inspectDict(ctx, o.Dict, depth)
	case *types.LazyObjectStreamObject:
		inner, err := o.DecodedObject(ctx)
		if err != nil {
			return refuse(Broken, "%w", err)
		}
		return inspectObject(ctx, inner, depth+1)
	case types.LazyObjectStreamObject:
		return inspectObject(ctx, &o, depth)
	case types.Name: // what a dictionary refers to, or one of a list
		if activeKinds[string(unescape([]byte(o)))] {
			return refuse(Active, "%s", o)
		}
	case types.Array:
		for _, entry := range o {
			if err := inspectObject(ctx, entry, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

// inspectDict refuses active keys and kinds.
func inspectDict(ctx context.Context, d types.Dict, depth int) error {
	for key, value := range d {
		key = string(unescape([]byte(key)))
		if activeKeys[key] {
			return refuse(Active, "%s", key)
		}
		if _, ok := value.(types.Name); ok && key != "S" && key != "Type" && key != "Subtype" {
			continue // a font may be called Movie
		}
		if err := inspectObject(ctx, value, depth+1); err != nil {
			return err
		}
	}
	return nil
}
