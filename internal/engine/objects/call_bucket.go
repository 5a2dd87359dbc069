package objects

import (
	"encoding/xml"
	"net/http"
	"time"
)

const isoTime = "2006-01-02T15:04:05.000Z"

func iso(t time.Time) string { return t.UTC().Format(isoTime) }

// owner is the only one: the holder of the engine's keys.
type owner struct {
	ID          string
	DisplayName string `xml:",omitempty"`
}

func theOwner() owner { return owner{ID: "local", DisplayName: "local"} }

func (c *call) listBuckets() error {
	type bucket struct{ Name, CreationDate, BucketRegion string }
	document := struct {
		XMLName xml.Name `xml:"ListAllMyBucketsResult"`
		XMLNS   string   `xml:"xmlns,attr"`
		Owner   owner
		Buckets []bucket `xml:"Buckets>Bucket"`
	}{XMLNS: xmlNamespace, Owner: theOwner()}
	records, err := c.buckets()
	if err != nil {
		return err
	}
	for _, r := range records {
		document.Buckets = append(document.Buckets, bucket{r.Name, iso(r.Created), r.Region})
	}
	return c.answer(document)
}

func (c *call) createBucketCall() error {
	if err := refuseHeaders(c.r.Header); err != nil {
		return err
	}
	if c.r.Header.Get("X-Amz-Bucket-Object-Lock-Enabled") == "true" {
		return errorf(errNotImplemented, "object lock is not among the features of this S3 subset")
	}
	text, err := checkedDocument(c.body, c.body.Trailer(), c.r.Header, maxDocument)
	if err != nil {
		return err
	}
	var request struct{ LocationConstraint string }
	if len(text) > 0 {
		if err := parseXML(text, "CreateBucketConfiguration", &request); err != nil {
			return err
		}
	}
	region := request.LocationConstraint
	switch region {
	case "":
		region = "us-east-1"
	case "EU":
		region = "eu-west-1"
	}
	created, err := c.createBucket(c.bucket, region)
	if err != nil {
		return err
	}
	// A bucket that the caller owns already is an error in all regions but
	// the oldest.
	if !created && c.id.Region != "us-east-1" {
		return errorf(errBucketOwned, "you have the bucket %q already", c.bucket)
	}
	c.w.Header().Set("Location", "/"+c.bucket)
	c.w.WriteHeader(http.StatusOK)
	return nil
}

func (c *call) headBucket() error {
	record, err := c.Store.bucket(c.bucket)
	if err != nil {
		return err
	}
	c.w.Header().Set("x-amz-bucket-region", record.Region)
	c.w.WriteHeader(http.StatusOK)
	return nil
}

func (c *call) deleteBucketCall() error {
	if err := c.deleteBucket(c.bucket); err != nil {
		return err
	}
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}

func (c *call) getLocation() error {
	record, err := c.Store.bucket(c.bucket)
	if err != nil {
		return err
	}
	document := struct {
		XMLName xml.Name `xml:"LocationConstraint"`
		XMLNS   string   `xml:"xmlns,attr"`
		Region  string   `xml:",chardata"`
	}{XMLNS: xmlNamespace, Region: record.Region}
	if record.Region == "us-east-1" {
		document.Region = "" // so S3 has it since its beginnings
	}
	return c.answer(document)
}

func (c *call) getVersioning() error {
	record, err := c.Store.bucket(c.bucket)
	if err != nil {
		return err
	}
	return c.answer(struct {
		XMLName xml.Name `xml:"VersioningConfiguration"`
		XMLNS   string   `xml:"xmlns,attr"`
		Status  string   `xml:",omitempty"`
	}{XMLNS: xmlNamespace, Status: record.Versioning})
}

func (c *call) putVersioning() error {
	text, err := checkedDocument(c.body, c.body.Trailer(), c.r.Header, maxDocument)
	if err != nil {
		return err
	}
	var request struct{ Status, MfaDelete string }
	if err := parseXML(text, "VersioningConfiguration", &request); err != nil {
		return err
	}
	if request.MfaDelete == "Enabled" {
		return errorf(errNotImplemented, "MFA delete is not among the features of this S3 subset")
	}
	if request.Status != versioningEnabled && request.Status != versioningSuspended {
		return errorf(errMalformedXML, "the versioning status is %q, not Enabled or Suspended", request.Status)
	}
	return c.setVersioning(c.bucket, request.Status)
}
