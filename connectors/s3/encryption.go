package s3

import (
	"crypto/md5" // S3 wants the digest of a customer key in MD5
	"encoding/base64"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/sluice-connect/sluice/schemas/configdef"
)

// encryption is the server-side encryption of new objects; the zero value leaves it to the bucket.
type encryption struct {
	algorithm types.ServerSideEncryption
	kmsKey    *string
	// customer is set instead of algorithm when the user brings the key (SSE-C).
	customer *customerKey
}

type customerKey struct{ algorithm, key, digest string }

func newEncryption(name, kmsKey string, customer configdef.Secret) (encryption, error) {
	if customer.IsSet() {
		raw, err := base64.StdEncoding.DecodeString(customer.Reveal())
		if err != nil || len(raw) != 32 {
			return encryption{}, errors.New("the customer key must be the base64 text of 32 bytes")
		}
		if name != string(types.ServerSideEncryptionAes256) {
			return encryption{}, errors.New("a customer key needs s3.ssea.name=AES256")
		}
		sum := md5.Sum(raw)
		return encryption{customer: &customerKey{algorithm: name, key: customer.Reveal(),
			digest: base64.StdEncoding.EncodeToString(sum[:])}}, nil
	}
	e := encryption{algorithm: types.ServerSideEncryption(name)}
	if kmsKey != "" && (name == string(types.ServerSideEncryptionAwsKms) || name == string(types.ServerSideEncryptionAwsKmsDsse)) {
		e.kmsKey = aws.String(kmsKey)
	}
	return e, nil
}

func (e encryption) put(in *awss3.PutObjectInput) {
	in.ServerSideEncryption, in.SSEKMSKeyId = e.algorithm, e.kmsKey
	in.SSECustomerAlgorithm, in.SSECustomerKey, in.SSECustomerKeyMD5 = e.customer.headers()
}

func (e encryption) create(in *awss3.CreateMultipartUploadInput) {
	in.ServerSideEncryption, in.SSEKMSKeyId = e.algorithm, e.kmsKey
	in.SSECustomerAlgorithm, in.SSECustomerKey, in.SSECustomerKeyMD5 = e.customer.headers()
}

func (e encryption) part(in *awss3.UploadPartInput) {
	in.SSECustomerAlgorithm, in.SSECustomerKey, in.SSECustomerKeyMD5 = e.customer.headers()
}

func (e encryption) complete(in *awss3.CompleteMultipartUploadInput) {
	in.SSECustomerAlgorithm, in.SSECustomerKey, in.SSECustomerKeyMD5 = e.customer.headers()
}

func (c *customerKey) headers() (algorithm, key, digest *string) {
	if c == nil {
		return nil, nil, nil
	}
	return &c.algorithm, &c.key, &c.digest
}
