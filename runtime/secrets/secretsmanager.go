package secrets

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
)

// secretsManager reads AWS Secrets Manager: ${secretsmanager:secret:key} is one member of a secret that is a JSON
// object, ${secretsmanager:secret} the whole secret. The secret is a name or an ARN with its colons written as %3A.
type secretsManager struct {
	*service
	base64 bool // whole secrets are given in Base64
}

func newSecretsManager(params map[string]string) (provider, error) {
	s, err := newService(params)
	if err != nil {
		return nil, err
	}
	s.ask = askSecretsManager
	p := secretsManager{service: s}
	switch encoding := params["RawSecretEncoding"]; encoding {
	case "", "none":
	case "base64":
		p.base64 = true
	default:
		return nil, fmt.Errorf("RawSecretEncoding: %q is neither none nor base64", encoding)
	}
	return p, nil
}

func (p secretsManager) get(ctx context.Context, path string, keys []string) (map[string]string, error) {
	found := map[string]string{}
	for _, key := range keys {
		name := withoutOptions(key)
		if name == "" {
			continue
		}
		value, ok, err := p.member(ctx, path, name, key)
		if err != nil {
			return nil, &keyError{key, err}
		}
		if ok {
			found[key] = value
		}
	}
	return found, nil
}

func (p secretsManager) member(ctx context.Context, path, name, key string) (string, bool, error) {
	id := path
	if path == "" {
		id = name
	}
	id, err := url.PathUnescape(id)
	if err != nil {
		return "", false, errors.New("decode the name of the secret: a % is not followed by two digits")
	}
	text, ok, err := p.value(ctx, id, p.freshFor(key))
	if err != nil || !ok {
		return "", false, err
	}
	if path == "" {
		if p.base64 {
			text = base64.StdEncoding.EncodeToString([]byte(text))
		}
		return text, true, nil
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &members); err != nil {
		return "", false, errors.New("the secret is no JSON object; leave the key out to use the whole secret") // the cause may quote it
	}
	raw, ok := members[name]
	if !ok {
		return "", false, p.missing("the secret has no such key")
	}
	return scalar(raw)
}

// scalar returns a JSON string, number or boolean as text.
func scalar(raw json.RawMessage) (string, bool, error) {
	var value string
	switch raw[0] {
	case '"':
		if err := json.Unmarshal(raw, &value); err != nil {
			return "", false, errors.New("read the value of the key: it is no JSON string")
		}
		return value, true, nil
	case '{', '[', 'n':
		return "", false, errors.New("the value of the key is no text; leave the key out to use the whole secret")
	}
	return string(raw), true, nil
}

func askSecretsManager(ctx context.Context, c aws.Config, id string) (string, bool, error) {
	out, err := secretsmanager.NewFromConfig(c).GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: aws.String(id)})
	var missing *types.ResourceNotFoundException
	switch {
	case errors.As(err, &missing):
		return "", false, nil
	case err != nil:
		return "", false, fmt.Errorf("ask Secrets Manager: %w", err)
	case out.SecretString == nil:
		return "", false, errors.New("the secret holds bytes and no text")
	}
	return *out.SecretString, true, nil
}
