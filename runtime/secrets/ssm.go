package secrets

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

// parameterStore reads the parameter store of AWS Systems Manager: ${ssm::/path/of/parameter}. What stands between the
// colons is ignored, as in the Java provider.
type parameterStore struct{ *service }

func newSSM(params map[string]string) (provider, error) {
	s, err := newService(params)
	if err != nil {
		return nil, err
	}
	s.ask = askSSM
	return parameterStore{s}, nil
}

func (p parameterStore) get(ctx context.Context, _ string, keys []string) (map[string]string, error) {
	found := map[string]string{}
	for _, key := range keys {
		name := withoutOptions(key)
		if name == "" {
			continue
		}
		value, ok, err := p.value(ctx, name, p.freshFor(key))
		if err != nil {
			return nil, &keyError{key, err}
		}
		if ok {
			found[key] = value
		}
	}
	return found, nil
}

func askSSM(ctx context.Context, c aws.Config, name string) (string, bool, error) {
	out, err := ssm.NewFromConfig(c).GetParameter(ctx, &ssm.GetParameterInput{Name: aws.String(name), WithDecryption: aws.Bool(true)})
	var missing *types.ParameterNotFound
	switch {
	case errors.As(err, &missing):
		return "", false, nil
	case err != nil:
		return "", false, fmt.Errorf("ask Systems Manager: %w", err)
	case out.Parameter == nil || out.Parameter.Value == nil:
		return "", false, errors.New("read the parameter: the answer holds no value")
	}
	return *out.Parameter.Value, true, nil
}
