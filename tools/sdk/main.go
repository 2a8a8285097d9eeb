// Writes the SDKs for Node and Go from the schema of the plugin, as `pulumi package gen-sdk` does, which needs language
// hosts: sdk SCHEMA FOLDER. A schema that Pulumi's own metaschema or binder finds fault with is refused.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	gogen "github.com/pulumi/pulumi/pkg/v3/codegen/go"
	"github.com/pulumi/pulumi/pkg/v3/codegen/nodejs"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

const tool = "pulumi"

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: sdk SCHEMA FOLDER")
		os.Exit(2)
	}
	if err := write(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func write(from, folder string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	generators := map[string]func(*schema.Package) (map[string][]byte, error){
		"nodejs": func(bound *schema.Package) (map[string][]byte, error) {
			return nodejs.GeneratePackage(tool, bound, nil, nil, true, nil)
		},
		"go": func(bound *schema.Package) (map[string][]byte, error) {
			return gogen.GeneratePackage(tool, bound, nil)
		},
	}
	for language, generate := range generators {
		// Each changes what it is given.
		bound, err := bind(text)
		if err != nil {
			return err
		}
		files, err := generate(bound)
		if err != nil {
			return fmt.Errorf("%s: %w", language, err)
		}
		if err := save(filepath.Join(folder, language), files); err != nil {
			return err
		}
	}
	return nil
}

func bind(text []byte) (*schema.Package, error) {
	var spec schema.PackageSpec
	// The metaschema is held against what was read: a name that it does not have would be gone by then.
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&spec); err != nil {
		return nil, err
	}
	bound, found, err := schema.BindSpec(spec, schema.NewNullLoader(), schema.ValidationOptions{})
	if err != nil {
		return nil, err
	}
	// Warnings too: what is doubtful in a schema is an error here.
	if len(found) != 0 {
		return nil, found
	}
	return bound, nil
}

func save(folder string, files map[string][]byte) error {
	for name, content := range files {
		path := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			return err
		}
	}
	return nil
}
