// SPDX-License-Identifier: MIT

// A peer for `make bench`, written for speed: what pritunl-access export does, in Go.
//
//	peer MONGODB_URI URL FILE
//
// It reads the first administrator with API access by the official driver, signs GET /status, and writes three variables into
// FILE. It trusts any certificate of the API, gives no reasons, and asks for nothing that this does not need.
package main

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/connstring"
)

type administrator struct {
	Token  string `bson:"token"`
	Secret string `bson:"secret"`
}

func read(uri string) (found administrator, err error) {
	parsed, err := connstring.ParseAndValidate(uri)
	if err != nil {
		return found, err
	}
	client, err := mongo.Connect(options.Client().ApplyURI(uri).SetDirect(true))
	if err != nil {
		return found, err
	}
	wanted := options.FindOne().SetProjection(bson.M{"token": 1, "secret": 1})
	err = client.Database(parsed.Database).Collection("administrators").
		FindOne(context.Background(), bson.M{"auth_api": true}, wanted).Decode(&found)
	return found, err
}

func verify(url string, admin administrator) error {
	random := make([]byte, 16)
	if _, err := rand.Read(random); err != nil {
		return err
	}
	now, nonce := strconv.FormatInt(time.Now().Unix(), 10), hex.EncodeToString(random)
	mac := hmac.New(sha256.New, []byte(admin.Secret))
	mac.Write([]byte(admin.Token + "&" + now + "&" + nonce + "&GET&/status"))
	request, err := http.NewRequest("GET", url+"/status", nil)
	if err != nil {
		return err
	}
	request.Header.Set("Auth-Token", admin.Token)
	request.Header.Set("Auth-Timestamp", now)
	request.Header.Set("Auth-Nonce", nonce)
	request.Header.Set("Auth-Signature", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	client := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	answer, err := client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("the API answers %s", answer.Status)
	}
	return nil
}

func run(uri, url, file string) error {
	admin, err := read(uri)
	if err == nil {
		err = verify(url, admin)
	}
	if err != nil {
		return err
	}
	text := fmt.Sprintf("PRITUNL_URL=%s\nPRITUNL_TOKEN=%s\nPRITUNL_SECRET=%s\n", url, admin.Token, admin.Secret)
	return os.WriteFile(file, []byte(text), 0o600)
}

func main() {
	if err := run(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
