package objects

import (
	"net/http"
	"strings"
)

// subresources are the query parameters that ask S3 for something else than
// the object or bucket itself, and that this subset has not; with the noun of
// their operations. A parameter that is in no list is ignored, as S3 does.
func subresources() map[string]string {
	return map[string]string{
		"abac": "Abac", "accelerate": "AccelerateConfiguration", "acl": "Acl", "analytics": "AnalyticsConfiguration",
		"append": "Append", "attributes": "Attributes", "cors": "Cors", "encryption": "Encryption",
		"intelligent-tiering": "IntelligentTieringConfiguration", "inventory": "InventoryConfiguration",
		"legal-hold": "LegalHold", "lifecycle": "LifecycleConfiguration", "logging": "Logging",
		"metadataConfiguration": "MetadataConfiguration", "metadataTable": "MetadataTableConfiguration",
		"metrics": "MetricsConfiguration", "notification": "NotificationConfiguration",
		"object-lock": "LockConfiguration", "ownershipControls": "OwnershipControls", "policy": "Policy",
		"policyStatus": "PolicyStatus", "publicAccessBlock": "PublicAccessBlock", "renameObject": "Rename",
		"replication": "Replication", "requestPayment": "RequestPayment", "restore": "Restore",
		"retention": "Retention", "select": "Select", "session": "Session", "tagging": "Tagging",
		"torrent": "Torrent", "website": "Website",
	}
}

// operation finds what the request asks for.
func (c *call) operation() (func(*call) error, error) {
	for name, noun := range subresources() {
		if c.query.Has(name) {
			return nil, c.notImplemented(c.level() + noun)
		}
	}
	var run func(*call) error
	switch c.level() {
	case "":
		if c.r.Method == http.MethodGet {
			run = (*call).listBuckets
		}
	case "Bucket":
		run = c.bucketOperation()
	case "Object":
		run = c.objectOperation()
	}
	if run == nil {
		return nil, c.notImplemented(c.level())
	}
	return run, nil
}

func (c *call) level() string {
	switch {
	case c.bucket == "":
		return ""
	case c.key == "":
		return "Bucket"
	}
	return "Object"
}

func (c *call) bucketOperation() func(*call) error {
	has := c.query.Has
	switch c.r.Method {
	case http.MethodHead:
		return (*call).headBucket
	case http.MethodDelete:
		return (*call).deleteBucketCall
	case http.MethodPut:
		if has("versioning") {
			return (*call).putVersioning
		}
		return (*call).createBucketCall
	case http.MethodPost:
		if has("delete") {
			return (*call).deleteObjects
		}
	case http.MethodGet:
		switch {
		case has("location"):
			return (*call).getLocation
		case has("versioning"):
			return (*call).getVersioning
		case has("versions"):
			return (*call).listVersions
		case has("uploads"):
			return (*call).listUploads
		case c.query.Get("list-type") == "2":
			return (*call).listObjectsV2
		}
		return (*call).listObjects
	}
	return nil
}

func (c *call) objectOperation() func(*call) error {
	has := c.query.Has
	switch c.r.Method {
	case http.MethodHead:
		return (*call).getObject
	case http.MethodGet:
		if has("uploadId") {
			return (*call).listParts
		}
		return (*call).getObject
	case http.MethodDelete:
		if has("uploadId") {
			return (*call).abortUpload
		}
		return (*call).deleteObject
	case http.MethodPut:
		copies := c.r.Header.Get("X-Amz-Copy-Source") != ""
		switch {
		case has("uploadId") && copies:
			return (*call).uploadPartCopy
		case has("uploadId"):
			return (*call).uploadPart
		case copies:
			return (*call).copyObject
		}
		return (*call).putObject
	case http.MethodPost:
		if has("uploads") {
			return (*call).createUploadCall
		}
		if has("uploadId") {
			return (*call).completeUpload
		}
	}
	return nil
}

// notImplemented names the operation as the API does: by the method and what
// it was asked of.
func (c *call) notImplemented(noun string) error {
	method := c.r.Method
	verb := method[:1] + strings.ToLower(method[1:])
	if c.query.Has("x-id") {
		return errorf(errNotImplemented, "%s is not among the operations of this S3 subset", c.query.Get("x-id"))
	}
	return errorf(errNotImplemented, "%s%s (%s %s) is not among the operations of this S3 subset", verb, noun, method, c.r.URL.RequestURI())
}

// refuseHeaders refuses what this subset cannot do and must not ignore.
func refuseHeaders(h http.Header) error {
	for name, values := range h {
		lower := strings.ToLower(name)
		refused := false
		switch {
		case lower == "x-amz-acl":
			switch values[0] {
			case "private", "bucket-owner-full-control", "bucket-owner-read":
			default:
				refused = true
			}
		case lower == "x-amz-tagging", lower == "x-amz-write-offset-bytes", lower == "x-amz-website-redirect-location",
			strings.HasPrefix(lower, "x-amz-grant-"), strings.HasPrefix(lower, "x-amz-object-lock-"),
			strings.Contains(lower, "server-side-encryption-customer-"):
			refused = true
		}
		if refused {
			return errorf(errNotImplemented, "the header %s: %s is not among the features of this S3 subset", lower, values[0])
		}
	}
	return nil
}
