// SPDX-License-Identifier: MIT

// A reader of .tfvars and .tfvars.json files as Terraform reads them: hashicorp/hcl/v2, values without a context.
//
//	hcl FILE...    a JSON line a file: {"names": {NAME: base64 of the value, where that is a string}} or {"error": "why"}
package main

import (
	"encoding/json"
	"os"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/zclconf/go-cty/cty"
)

func read(path string) (map[string][]byte, error) {
	var file *hcl.File
	var diagnostics hcl.Diagnostics
	parser := hclparse.NewParser()
	if strings.HasSuffix(path, ".json") {
		file, diagnostics = parser.ParseJSONFile(path)
	} else {
		file, diagnostics = parser.ParseHCLFile(path)
	}
	if diagnostics.HasErrors() {
		return nil, diagnostics
	}
	attributes, diagnostics := file.Body.JustAttributes()
	if diagnostics.HasErrors() {
		return nil, diagnostics
	}
	names := map[string][]byte{}
	for name, attribute := range attributes {
		value, diagnostics := attribute.Expr.Value(nil)
		if diagnostics.HasErrors() {
			return nil, diagnostics
		}
		if value.Type() == cty.String && !value.IsNull() {
			names[name] = []byte(value.AsString())
		}
	}
	return names, nil
}

func main() {
	encoder := json.NewEncoder(os.Stdout)
	for _, path := range os.Args[1:] {
		names, err := read(path)
		if err != nil {
			_ = encoder.Encode(map[string]string{"error": err.Error()})
			continue
		}
		_ = encoder.Encode(map[string]map[string][]byte{"names": names})
	}
}
