// Package api is the engine's wire: it checks the signature of every request,
// reads it into the SDK's own structs, calls the operation of that name and
// writes the answer or the error as CodeDeploy does (AWS JSON 1.1). Requests
// that are no JSON operation belong to the S3 subset and are passed on.
package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"

	"github.com/aws/smithy-go"

	"github.com/codedeploy-steps/codedeploy-steps/internal/engine/sigv4"
)

// Prefix begins the X-Amz-Target of every CodeDeploy operation.
const Prefix = "CodeDeploy_20141006."

// maxBody is more than any request of the API can be.
const maxBody = 4 << 20

// Operation answers one operation.
type Operation func(ctx context.Context, body []byte) (any, error)

// Handle makes an operation of a method that takes and gives the SDK's structs.
func Handle[In, Out any](f func(context.Context, *In) (*Out, error)) Operation {
	return func(ctx context.Context, body []byte) (any, error) {
		in := new(In)
		var raw any
		if len(bytes.TrimSpace(body)) > 0 {
			if err := json.Unmarshal(body, &raw); err != nil {
				return nil, &smithy.GenericAPIError{Code: "SerializationException", Message: "the body is not JSON: " + err.Error()}
			}
		}
		if err := decode(raw, reflect.ValueOf(in).Elem(), ""); err != nil {
			return nil, &smithy.GenericAPIError{Code: "SerializationException", Message: err.Error()}
		}
		return f(ctx, in)
	}
}

// Handler serves operations by their X-Amz-Target, and S3 for everything else.
type Handler struct {
	Operations map[string]Operation
	Verifier   *sigv4.Verifier
	S3         http.Handler
	NewID      func() string // request ids
}

func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	target := r.Header.Get("X-Amz-Target")
	if target == "" {
		h.S3.ServeHTTP(w, r)
		return
	}
	w.Header().Set("x-amzn-RequestId", h.NewID())
	body, err := h.read(r)
	if err != nil {
		h.fail(w, err)
		return
	}
	op := h.Operations[target]
	if op == nil {
		h.fail(w, &smithy.GenericAPIError{Code: "UnknownOperationException",
			Message: fmt.Sprintf("The engine does not know the operation %s.", strings.TrimPrefix(target, Prefix))})
		return
	}
	out, err := op(r.Context(), body)
	if err != nil {
		h.fail(w, err)
		return
	}
	h.write(w, http.StatusOK, encode(reflect.ValueOf(out)))
}

func (h *Handler) read(r *http.Request) ([]byte, error) {
	id, err := h.Verifier.Verify(r)
	if err != nil {
		return nil, err
	}
	body, err := id.Body(r)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(body, maxBody+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxBody {
		return nil, &smithy.GenericAPIError{Code: "RequestEntityTooLargeException", Message: "The request is larger than any of the API can be."}
	}
	return text, nil
}

func (h *Handler) fail(w http.ResponseWriter, err error) {
	code, message, status := "InternalFailure", err.Error(), http.StatusInternalServerError
	var api smithy.APIError
	var sig *sigv4.Error
	switch {
	case errors.As(err, &sig):
		code, message, status = string(sig.Code), sig.Message, http.StatusBadRequest
	case errors.As(err, &api):
		code, message, status = api.ErrorCode(), api.ErrorMessage(), http.StatusBadRequest
	}
	h.write(w, status, map[string]string{"__type": code, "message": message})
}

func (h *Handler) write(w http.ResponseWriter, status int, v any) {
	text, err := json.Marshal(v)
	if err != nil {
		status, text = http.StatusInternalServerError, []byte(`{"__type":"InternalFailure"}`)
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.WriteHeader(status)
	w.Write(text)
}

// Own makes an operation of the engine's own of a method with plain structs.
func Own[In, Out any](f func(context.Context, *In) (*Out, error)) Operation {
	return func(ctx context.Context, body []byte) (any, error) {
		in := new(In)
		if err := json.Unmarshal(body, in); err != nil {
			return nil, &smithy.GenericAPIError{Code: "SerializationException", Message: err.Error()}
		}
		return f(ctx, in)
	}
}
