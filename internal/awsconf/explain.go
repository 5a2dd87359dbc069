package awsconf

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/smithy-go"

	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
)

// Explain turns an error of a call into one for the user: what failed, why in
// the service's own words, and what to do. The what is a phrase such as
// "create the deployment".
func (c *Clients) Explain(err error, what string, args ...any) error {
	if err == nil {
		return nil
	}
	what = fmt.Sprintf(what, args...)
	var mine *step.Error
	var call *smithy.OperationError
	if errors.As(err, &call) && errors.Is(err, context.Canceled) && !errors.As(err, &mine) {
		return context.Canceled // the SDK's words for it are of requests that were never sent
	}
	if errors.As(err, &mine) || errors.Is(err, context.Canceled) {
		return err
	}
	var role *roleError
	if errors.As(err, &role) {
		return role.explain(what)
	}
	var api smithy.APIError
	if errors.As(err, &api) {
		said := strings.TrimSuffix(api.ErrorCode()+": "+api.ErrorMessage(), ": ") // an answer without a body has no words
		e := step.Errorf(step.Refused, "could not %s\n%s", what, said)
		e.Err = &wrapped{e.Err, err}
		return e.Do("%s", c.remedy(api.ErrorCode(), api.ErrorMessage()))
	}
	text := err.Error()
	var dial *net.OpError
	var name *net.DNSError
	var certificate *tls.CertificateVerificationError
	switch {
	case strings.Contains(text, "get credentials") || strings.Contains(text, "no EC2 IMDS role found") || strings.Contains(text, "get identity"):
		return step.Errorf(step.Refused, "could not %s: no AWS credentials were found\n%s", what, lastWords(text)).
			Do("Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or --role-to-assume in a CI system with OIDC; or try it without an account: --endpoint local.")
	case errors.As(err, &certificate):
		return step.Errorf(step.Refused, "could not %s: the certificate of %s is not trusted\n%v", what, c.where(), certificate.Err).
			Do(trust)
	case errors.As(err, &name):
		return step.Errorf(step.Refused, "could not %s: the host %s is not known", what, name.Name).
			Do("Check --endpoint and --region, and that this machine reaches a name server.")
	case errors.As(err, &dial):
		return step.Errorf(step.Refused, "could not %s: %s does not answer\n%v", what, c.where(), dial).
			Do("Check that it runs and that this machine reaches it (--endpoint, proxy settings).")
	case strings.Contains(text, "server gave HTTP response to HTTPS client"):
		return step.Errorf(step.Refused, "could not %s: %s answers without TLS", what, c.where()).Do("Give --endpoint its address with http://.")
	case errors.Is(err, context.DeadlineExceeded):
		return step.Errorf(step.Refused, "could not %s: %s did not answer in time", what, c.where())
	}
	return step.Errorf(step.Refused, "could not %s\n%s", what, lastWords(text))
}

// trust says what to do about a certificate of an unknown authority.
const trust = "A private authority's certificates are taken from the file that AWS_CA_BUNDLE names: a proxy that opens connections has one."

// wrapped keeps the chain of the service's error under our words.
type wrapped struct {
	error
	cause error
}

func (w *wrapped) Unwrap() error { return w.cause }

func (c *Clients) where() string {
	if c.Endpoint == "aws" {
		return "AWS in " + c.Region
	}
	return c.Endpoint
}

// DeploymentID finds the id of a deployment in the service's words.
var DeploymentID = regexp.MustCompile(`d-[A-Z0-9]{9}`)

func (c *Clients) command(line string, args ...any) string {
	if c.Command == nil {
		return fmt.Sprintf(line, args...)
	}
	return c.Command(line, args...)
}

// lastWords drops the SDK's preamble ("operation error CodeDeploy: …").
func lastWords(text string) string {
	for _, mark := range []string{"https response error ", "exceeded maximum number of attempts, 3, ", "request send failed, "} {
		if i := strings.LastIndex(text, mark); i >= 0 {
			text = text[i+len(mark):]
		}
	}
	return text
}

// remedy says what to do about an error code of the service.
func (c *Clients) remedy(code, message string) string {
	switch code {
	case "ApplicationDoesNotExistException":
		return "Create the application, or correct --application and --region."
	case "DeploymentGroupDoesNotExistException":
		return "Create the deployment group, or correct --deployment-group and --region."
	case "DeploymentLimitExceededException":
		id := DeploymentID.FindString(message)
		return fmt.Sprintf("A group runs one deployment at a time. --if-busy wait waits for its end, --if-busy stop stops it first; or by hand: %s, %s.",
			c.command("wait --deployment-id %s", id), c.command("stop --deployment-id %s", id))
	case "DeploymentConfigDoesNotExistException":
		return "Correct --deployment-config; predefined are CodeDeployDefault.OneAtATime, HalfAtATime and AllAtOnce."
	case "DeploymentDoesNotExistException":
		return "Check --deployment-id, the region and the endpoint."
	case "RevisionDoesNotExistException":
		return "Register the revision first (register)."
	case "NoSuchBucket":
		return "Create the bucket, or correct --s3-bucket."
	case "PermanentRedirect", "IllegalLocationConstraintException", "AuthorizationHeaderMalformed":
		return "The bucket is in another region: set --region to it."
	case "AccessDenied", "AccessDeniedException", "UnauthorizedOperation":
		return "The credentials lack a permission for this; the message names it."
	case "BadRequest": // S3's answer without a body
		return "S3 gives no reason here: look at the names of bucket and key, at the region, and whether the credentials have expired."
	case "Forbidden": // S3's answer without a body
		return "The credentials lack a permission for this. Without s3:ListBucket, S3 answers so too if the object is not there."
	case "InvalidSignatureException", "SignatureDoesNotMatch", "UnrecognizedClientException", "InvalidAccessKeyId", "MissingAuthenticationTokenException":
		return "The credentials are not those of this endpoint, or the clock is wrong."
	case "RequestTimeTooSkewed", "RequestExpired":
		return "The clock of this machine is wrong: set it."
	case "ExpiredTokenException", "ExpiredToken":
		return "The credentials have expired: fetch new ones, or give --role-to-assume, which renews them."
	case "ThrottlingException", "SlowDown", "Throttling":
		return "The account makes too many calls at once; try again later."
	}
	return ""
}

// IsCode says if the service answered with one of the codes.
func IsCode(err error, codes ...string) bool {
	var api smithy.APIError
	return errors.As(err, &api) && slices.Contains(codes, api.ErrorCode())
}
