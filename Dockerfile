# The one image for all CI systems: the program, a small static shell (docker jobs of CI systems start one in it, and so
# do hooks with endpoint: local), certificates and time zones. It has no USER: GitHub wants root in container actions;
# elsewhere give --user. Any builder builds it, also without BuildKit.
#
#   docker build -t codedeploy-steps:local .
#
# --platform=linux without an architecture is the builder's own: another architecture is cross-compiled, not emulated.
ARG GO_IMAGE=golang:1.26
ARG SHELL_IMAGE=busybox:1.37-musl

FROM --platform=linux ${GO_IMAGE} AS build
ARG TARGETARCH
ARG VERSION
WORKDIR /src
COPY . .
RUN CGO_ENABLED=0 GOOS=linux GOARCH=${TARGETARCH} GOFLAGS=-buildvcs=false \
    go build -trimpath -pgo=cmd/release.pgo -ldflags="-s -w -X github.com/codedeploy-steps/codedeploy-steps/internal/step.linked=${VERSION}" \
    -o /out/usr/local/bin/codedeploy-steps ./cmd/codedeploy-steps && \
    go clean -cache -modcache

FROM ${SHELL_IMAGE} AS shell

# Two trees, so that a new version is one new layer. Times are fixed: the same source gives the same layers.
FROM --platform=linux ${SHELL_IMAGE} AS trees
ARG SOURCE_DATE_EPOCH=0
COPY --from=build /usr/local/go/lib/time/zoneinfo.zip /zoneinfo.zip
COPY --from=build /etc/ssl/certs/ca-certificates.crt /base/etc/ssl/certs/ca-certificates.crt
COPY --from=shell /bin/busybox /base/bin/busybox
COPY --from=build /out /program
RUN set -eu; cd /base; mkdir -p -m 1777 tmp; mkdir -p -m 700 root; mkdir -p usr/share/zoneinfo; \
    unzip -q /zoneinfo.zip -d usr/share/zoneinfo; \
    for applet in $(busybox --list); do [ "$applet" = busybox ] || ln -s busybox "bin/$applet"; done; \
    ln -s ../bin usr/bin; \
    printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/tmp:/bin/sh\n' >etc/passwd; \
    printf 'root:x:0:\nnobody:x:65534:\n' >etc/group; \
    find /base /program -exec touch -h -d "@${SOURCE_DATE_EPOCH}" {} +

FROM scratch
ARG VERSION=
ARG REVISION=
ARG SOURCE=
LABEL org.opencontainers.image.title="codedeploy-steps" \
      org.opencontainers.image.description="Steps for pipelines that deploy through AWS CodeDeploy" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="${SOURCE}"
ENV PATH=/usr/local/bin:/bin
COPY --from=trees /base/ /
COPY --from=trees /program/ /
ENTRYPOINT ["codedeploy-steps"]
